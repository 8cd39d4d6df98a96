/**
 * One thing that a deployment must do, with the programs that it takes to find out.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';

/** Where a case runs. */
export interface DeployPlace {
  /** The folder of this package. */
  readonly root: string;
  /** Real Envoy. */
  readonly envoyBin?: string;
  /** A folder of its own, gone afterwards. */
  readonly folder: string;
}

export interface DeployCase {
  readonly name: string;
  /** Programs on the PATH; `real Envoy` for `ENVOY_BIN`; a path. */
  readonly tools: readonly string[];
  /** No package of this system has the programs: their absence is no failure. */
  readonly rare?: boolean;
  /** @throws when it does not do it */
  run(place: DeployPlace): Promise<void> | void;
}

export interface Ended {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Time for one program, in milliseconds. */
const deadlineMs = 60_000;

/** Runs a program to its end. */
export function runTool(command: string, args: readonly string[], options: RunOptions = {}): Ended {
  const { error, status, stdout, stderr } = spawnSync(command, [...args], {
    cwd: options.cwd,
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C.UTF-8', NO_COLOR: '1', CI: '', ...options.env },
    input: options.input ?? '',
    timeout: deadlineMs,
    maxBuffer: 64 << 20,
  });
  if (error !== undefined) throw error;
  return { code: status ?? -1, out: stdout, err: stderr };
}

/** Runs a program that must end with 0. */
export function runWell(command: string, args: readonly string[], options: RunOptions = {}): Ended {
  const ended = runTool(command, args, options);
  assert.is(ended.code, 0, `${command} ${args.join(' ')} ended with ${ended.code}\n${ended.out}${ended.err}`);
  return ended;
}

export function hasTool(tool: string, { envoyBin }: Pick<DeployPlace, 'envoyBin'>): boolean {
  if (tool === 'real Envoy') return envoyBin !== undefined;
  if (tool.startsWith('/')) return existsSync(tool);
  return (process.env.PATH ?? '').split(':').some((folder) => existsSync(join(folder, tool)));
}

export interface DeployOptions {
  readonly engine?: 'bundled' | 'envoy';
  /** Text of the configuration; default: `configuration()`. */
  readonly config?: string;
  readonly settings?: Readonly<Record<string, string>>;
  /** Folder under that of the case; default: `out`. */
  readonly into?: string;
}

/** The command itself, by the file that is installed. */
export function program(place: Pick<DeployPlace, 'root'>): string {
  return join(place.root, 'cli', 'envoy3.mjs');
}

/** Writes a target. @returns its folder */
export function deploy(place: DeployPlace, target: string, options: DeployOptions = {}): string {
  const into = join(place.folder, options.into ?? 'out');
  const settings = { envoy3_bin: program(place), ...options.settings };
  const sets = Object.entries(settings).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
  const { code, err } = runTool(
    program(place),
    ['deploy', target, '-c', '-', '--engine', options.engine ?? 'bundled', '-o', into, ...sets],
    { input: options.config ?? configuration() },
  );
  assert.is(code, 0, err);
  return into;
}

/** Makes a file, with its folders. */
export function put(path: string, text: string, mode = 0o644): string {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode });
  return path;
}

export interface ConfigurationOptions {
  readonly admin?: number;
  readonly port?: number;
  /** What the proxy answers to every request. */
  readonly answer?: string;
  readonly log?: string;
}

/** Template languages would take this for theirs. */
// biome-ignore lint/suspicious/noTemplateCurlyInString: it is a variable of a shell
export const hostileAnswer = "%REQ(X)% {{ lookup('env', 'HOME') }} {% raw %} <%= `id` %> $HOME ${PATH} #{1}";

/** A proxy that answers by itself. */
export function configuration({
  admin = 9901,
  port = 8080,
  answer = hostileAnswer,
  log = '/var/log/envoy3/access.log',
}: ConfigurationOptions = {}): string {
  return `admin:
  address: { socket_address: { address: 127.0.0.1, port_value: ${admin} } }
static_resources:
  listeners:
    - name: web
      address: { socket_address: { address: 127.0.0.1, port_value: ${port} } }
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: web
                access_log:
                  - name: envoy.access_loggers.file
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
                      path: ${log}
                route_config:
                  virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes:
                        - match: { prefix: / }
                          direct_response: { status: 200, body: { inline_string: ${JSON.stringify(answer)} } }
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
`;
}

export { reservePort as freePort } from '../../support/port-block.js';

/** Runs `use` while a proxy serves the configuration. */
export async function whileServing(
  place: DeployPlace,
  config: string,
  admin: number,
  engine: 'bundled' | 'envoy',
  use: () => Promise<void> | void,
): Promise<void> {
  const file = put(join(place.folder, `served-${engine}.yaml`), config);
  const [command, args] =
    engine === 'envoy'
      ? [place.envoyBin ?? '', ['-c', file, '-l', 'off', '--use-dynamic-base-id', '--concurrency', '1']]
      : [program(place), ['serve', '-c', file, '-l', 'off']];
  const child = spawn(command, args, { stdio: 'ignore' });
  try {
    assert.match(await until('LIVE', () => ask(admin, '/ready')), 'LIVE');
    await use();
  } finally {
    child.kill('SIGKILL');
  }
}

/** The body of an answer; the fault in words where there is none. */
export function ask(port: number, path = '/'): Promise<string> {
  return fetch(`http://127.0.0.1:${port}${path}`, {
    headers: { connection: 'close' },
    signal: AbortSignal.timeout(2000),
  }).then(
    (response) => response.text(),
    (error: Error) => error.message,
  );
}

/** Asks until it is as wanted, for at most ten seconds. @returns the last answer */
export async function until(wanted: string, look: () => string | Promise<string>): Promise<string> {
  let last = '';
  for (let attempt = 0; attempt < 200; attempt++) {
    last = await look();
    if (last.includes(wanted)) return last;
    await new Promise((wait) => setTimeout(wait, 50));
  }
  return last;
}
