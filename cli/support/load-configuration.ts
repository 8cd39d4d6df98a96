/**
 * A configuration from wherever it is: a module, YAML or JSON (a file, standard input, a revision of git), or the
 * `/config_dump` of a running proxy.
 */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Diagnostic } from '../../compiler/index.js';
import { checkText, compile } from '../../compiler/index.js';
import { isConfigDump, readConfigDump } from '../../compiler/tools.js';
import { readMessage, readText } from '../../dsl/api/index.js';
import type { Io } from '../command.js';
import { UsageError } from '../command.js';

/** A configuration as it was found, or why it cannot be read. */
export interface LoadedConfiguration {
  /** What messages call it. */
  readonly label: string;
  readonly kind: 'bootstrap' | 'route_configuration';
  /** Canonical; undefined when there are errors. */
  readonly value?: unknown;
  /** Errors only: what is merely doubtful is the business of `envoy3 check`. */
  readonly errors: readonly Diagnostic[];
}

const bootstrapType = 'envoy.config.bootstrap.v3.Bootstrap';

function onlyErrors(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return diagnostics.filter(({ severity }) => severity === 'error');
}

/** A `RouteConfiguration` alone, as router_check_tool takes it. */
function isRouteConfiguration(value: unknown): boolean {
  return typeof value === 'object' && value !== null && ('virtual_hosts' in value || 'virtualHosts' in value);
}

/** What the API itself refuses. What Envoy's constructors refuse does not keep anybody from looking at the configuration. */
function readConfiguration(text: string, label: string): LoadedConfiguration {
  const { errors, value } = readText(text, label);
  if (errors.length === 0 && isRouteConfiguration(value)) {
    const read = readMessage('envoy.config.route.v3.RouteConfiguration', value);
    const problems = read.issues.map(
      ({ message, path }): Diagnostic => ({
        severity: 'error',
        code: 'E1001',
        message: `${path.join('.')}: ${message}`,
      }),
    );
    return {
      label,
      kind: 'route_configuration',
      errors: problems,
      ...(problems.length > 0 ? {} : { value: read.value }),
    };
  }
  if (errors.length === 0 && isConfigDump(value)) {
    // A dump leaves out secrets, so it is taken as it is.
    return {
      label,
      kind: 'bootstrap',
      errors: [],
      value: readMessage(bootstrapType, readConfigDump(value)).value,
    };
  }
  const read = errors.length > 0 ? undefined : readMessage(bootstrapType, value);
  if (read !== undefined && read.issues.length === 0)
    return { label, kind: 'bootstrap', errors: [], value: read.value };
  const found = onlyErrors(checkText(text, { file: label })).filter(({ code }) => code.startsWith('E1'));
  return { label, kind: 'bootstrap', errors: found };
}

async function loadFile(path: string, cwd: string, label: string, io: Io): Promise<LoadedConfiguration> {
  const full = resolve(cwd, path);
  if (!existsSync(full)) throw new UsageError(`there is no file '${label}'`);
  const file = statSync(full).isDirectory() ? join(full, 'envoy3.config.ts') : full;
  if (!existsSync(file)) throw new UsageError(`the folder '${label}' has no envoy3.config.ts`);
  if (!/\.[cm]?[jt]s$/.test(file)) return readConfiguration(readFileSync(file, 'utf8'), label);
  const { bootstrap, diagnostics } = await compile({ entry: file, cwd, env: io.env });
  const errors = onlyErrors(diagnostics);
  return { label, kind: 'bootstrap', errors, ...(errors.length > 0 ? {} : { value: bootstrap }) };
}

async function loadUrl(url: string): Promise<LoadedConfiguration> {
  if (!URL.canParse(url)) throw new UsageError(`'${url}' is no URL`);
  const target = new URL(url);
  if (target.pathname === '/') target.pathname = '/config_dump';
  try {
    const response = await fetch(target, { signal: AbortSignal.timeout(10_000) });
    if (!response.ok) throw new Error(`it answered ${response.status}`);
    return readConfiguration(await response.text(), url);
  } catch (error) {
    const { cause, message } = error as Error & { cause?: Error };
    throw new UsageError(`${target.href} cannot be read: ${cause?.message ?? message}`);
  }
}

/** Installed packages are in no revision: those of today stand in, wherever the modules look for them. */
function linkPackages(root: string, prefix: string, folder: string): void {
  const steps = prefix.split('/').filter((step) => step !== '');
  for (let depth = 0; depth <= steps.length; depth++) {
    const inside = steps.slice(0, depth).join('/');
    const installed = join(root, inside, 'node_modules');
    const place = join(folder, inside, 'node_modules');
    if (existsSync(installed) && existsSync(join(folder, inside)) && !existsSync(place))
      symlinkSync(installed, place);
  }
}

/** The whole tree of a revision, since a module imports others. */
async function loadRevision(revision: string, path: string, io: Io): Promise<LoadedConfiguration> {
  const label = `${revision}:${path}`;
  const git = (...args: string[]): string =>
    execFileSync('git', args, {
      cwd: io.cwd,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      maxBuffer: 256 << 20,
    });
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-git-'));
  try {
    let archive: Buffer;
    try {
      git('rev-parse', '--verify', '--quiet', `${revision}^{tree}`);
      archive = execFileSync('git', ['archive', '--format=tar', revision], {
        cwd: git('rev-parse', '--show-toplevel').trim(),
        stdio: ['ignore', 'pipe', 'pipe'],
        maxBuffer: 1 << 30,
      });
    } catch {
      throw new UsageError(`git has no revision '${revision}' here`);
    }
    const prefix = git('rev-parse', '--show-prefix').trim();
    await new Promise<void>((done, fail) => {
      const child = execFile('tar', ['-x', '-C', folder], (error) => (error === null ? done() : fail(error)));
      child.stdin?.end(archive);
    });
    linkPackages(git('rev-parse', '--show-toplevel').trim(), prefix, folder);
    return await loadFile(path, join(folder, prefix), label, io);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * @param from a path, `-`, a URL (of the admin interface, or of its `/config_dump`), or `REVISION:PATH`
 * @throws UsageError when there is nothing
 */
export async function loadConfiguration(from: string, io: Io): Promise<LoadedConfiguration> {
  if (from === '-') return readConfiguration(await io.stdin(), '<stdin>');
  if (/^https?:\/\//.test(from)) return loadUrl(from);
  const revision = /^([^:]+):(.+)$/.exec(from);
  if (revision !== null && !existsSync(resolve(io.cwd, from))) {
    return loadRevision(revision[1] as string, revision[2] as string, io);
  }
  return loadFile(from, io.cwd, from, io);
}
