/**
 * Real Envoy's `--mode validate` and the compiler's verdict on one bootstrap, for the suites that make faults.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generate } from 'selfsigned';
import { findProblems } from '../../compiler/check/find-problems.js';
import { localMachine } from '../../compiler/check/machine.js';
import type { TargetApi } from '../../dsl/api/index.js';
import { readMessage, readYaml } from '../../dsl/api/index.js';

const bootstrapType = 'envoy.config.bootstrap.v3.Bootstrap';

export interface Original {
  readonly file: string;
  readonly value: unknown;
}

/** Files that Envoy accepts as they are, or with a certificate and its key beside them. */
export async function originals(sharedDir: string, folder: string): Promise<Original[]> {
  const pems = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    extensions: [{ name: 'basicConstraints', cA: true }],
  });
  const stubs: Readonly<Record<string, string>> = { key: pems.private, cert: pems.cert };
  const rows = readFileSync(join(sharedDir, 'corpus', 'VERDICTS.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1);
  return rows.flatMap((row): Original[] => {
    const [file = '', asIs, , , withStubs, , , needed = ''] = row.split('\t');
    if (asIs !== 'accept' && withStubs !== 'accept') return [];
    const pairs = needed
      .split(' ')
      .filter(Boolean)
      .map((pair) => pair.split('='));
    if (pairs.some(([path = '/', kind = '']) => path.startsWith('/') || !(kind in stubs))) return [];
    for (const [path = '', kind = ''] of pairs) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), stubs[kind] ?? '');
    }
    const read = readMessage(
      bootstrapType,
      readYaml(readFileSync(join(sharedDir, 'corpus', file), 'utf8')).value,
    );
    return read.issues.length === 0 ? [{ file, value: read.value }] : [];
  });
}

export interface Verdict {
  readonly accepted: boolean;
  readonly message: string;
}

/** Envoy's output goes to files: with pipes it cannot open `/dev/stdout` as an access log. */
export function askEnvoy(envoyBin: string, folder: string, name: string, value: unknown): Promise<Verdict> {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, JSON.stringify(value));
  const output = join(folder, `${name}.txt`);
  const descriptor = openSync(output, 'w');
  return new Promise((done) => {
    const args = [
      '--mode',
      'validate',
      '-c',
      file,
      '--disable-hot-restart',
      '--concurrency',
      '1',
      '-l',
      'critical',
    ];
    const child = spawn(envoyBin, args, { cwd: folder, stdio: ['ignore', descriptor, descriptor] });
    const deadline = setTimeout(() => child.kill('SIGKILL'), 20_000);
    child.on('close', () => {
      clearTimeout(deadline);
      closeSync(descriptor);
      const text = readFileSync(output, 'utf8');
      const error = /error initializing configuration '[^']*': ([\s\S]*)/.exec(text)?.[1] ?? text;
      done({
        accepted: /^configuration '.*' OK$/m.test(text),
        message: error.replace(/\s+/g, ' ').slice(0, 400),
      });
    });
  });
}

/**
 * @param folder where Envoy is started: with the files that it finds there
 * @param target the Envoy whose verdict is wanted. Default: the newest
 */
export function ours(value: unknown, folder: string, target?: TargetApi): Verdict {
  const machine = localMachine(folder, process.env);
  const options = {
    lint: { extends: 'none' },
    machine,
    ...(target === undefined ? {} : { target }),
  } as const;
  const errors = findProblems(value, options).findings.filter(({ severity }) => severity === 'error');
  const [first] = errors;
  const message = first === undefined ? '' : `${first.code} ${first.path.join('.')}: ${first.message}`;
  return { accepted: errors.length === 0, message };
}

/** What depends on the files of this machine is judged by nobody without them. */
export const ofFiles =
  /does not exist|from path: |incomplete certificate from|unable to (?:read|open) file|Invalid path|[Ff]ailed to load dynamic module/;
