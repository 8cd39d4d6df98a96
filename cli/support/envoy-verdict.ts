/**
 * `check --with-envoy`: what `--mode validate` of a real Envoy says of the same bootstrap. Answers are kept (in
 * XDG_CACHE_HOME, else in a folder of temporary files), by the content of the bootstrap and by the binary, so that a second check asks nobody.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import type { Judge } from '../../compiler/check/find-problems.js';
import type { Io } from '../command.js';
import { UsageError } from '../command.js';

/** Milliseconds until Envoy is given up. */
const deadlineMs = 30_000;

interface Answer {
  readonly accepted: boolean;
  readonly message: string;
}

/** @throws UsageError when there is no such program */
function findBinary(name: string, io: Io): string {
  const folders = name.includes('/') || isAbsolute(name) ? [io.cwd] : (io.env.PATH ?? '').split(delimiter);
  for (const folder of folders) {
    const path = resolve(folder, name);
    if (statSync(path, { throwIfNoEntry: false })?.isFile() === true) return path;
  }
  throw new UsageError(`there is no real Envoy at '${name}'; set ENVOY_BIN, or write --with-envoy=PATH`);
}

/** Of this user only: nobody else can put answers there. */
function cacheFolder({ env }: Io): string {
  const cache = env.XDG_CACHE_HOME ?? '';
  const folder =
    cache === '' ? join(tmpdir(), `envoy3-verdicts-${userInfo().uid}`) : join(cache, 'envoy3-verdicts');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return folder;
}

function ask(binary: string, bootstrap: string, node: readonly string[], io: Io): Answer {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-envoy-'));
  try {
    const file = join(folder, 'envoy.json');
    writeFileSync(file, bootstrap, { mode: 0o600 });
    const flags = ['--disable-hot-restart', '--concurrency', '1', '-l', 'critical', ...node];
    const args = ['--mode', 'validate', '-c', file, ...flags];
    const options = { cwd: io.cwd, env: io.env, encoding: 'utf8', timeout: deadlineMs } as const;
    const { error, stderr, stdout } = spawnSync(binary, args, options);
    if (error !== undefined) throw new UsageError(`real Envoy cannot be asked: ${error.message}`);
    const text = `${stdout}${stderr}`;
    const refused = /error initializing configuration '[^']*': ([\s\S]*)/.exec(text)?.[1] ?? text;
    return {
      accepted: /^configuration '.*' OK$/m.test(text),
      message: refused.replace(/\s+/g, ' ').trim().slice(0, 500),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function remembered(key: string, io: Io, answer: () => Answer): Answer {
  const file = join(cacheFolder(io), `${key}.json`);
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Answer;
  } catch {
    const fresh = answer();
    writeFileSync(`${file}.${process.pid}`, JSON.stringify(fresh));
    renameSync(`${file}.${process.pid}`, file);
    return fresh;
  }
}

/** @param name path of the binary, or its name on the PATH. @throws UsageError when it is not there */
export function envoyVerdict(name: string, io: Io): Judge {
  const binary = findBinary(name, io);
  const { mtimeMs, size } = statSync(binary);
  return (view, findings) => {
    const bootstrap = JSON.stringify(view.root.value);
    const { cluster, id } = view.node;
    const node = [
      ...(id === '' ? [] : ['--service-node', id]),
      ...(cluster === '' ? [] : ['--service-cluster', cluster]),
    ];
    const content = [binary, size, mtimeMs, io.cwd, ...node, bootstrap].join('\0');
    const key = createHash('sha256').update(content).digest('hex');
    const { accepted, message } = remembered(key, io, () => ask(binary, bootstrap, node, io));
    const errors = findings.filter(({ severity }) => severity === 'error');
    if (accepted === (errors.length === 0)) return [];
    const found = { code: 'E4002', path: [] } as const;
    if (accepted)
      return [{ ...found, severity: 'warning', message: 'real Envoy takes it in spite of what was found' }];
    return [{ ...found, severity: 'error', message: `real Envoy refuses it: ${message}` }];
  };
}
