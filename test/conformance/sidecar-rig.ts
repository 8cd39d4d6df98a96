/**
 * The sidecar project, compiled with some practices and served by one engine, on ports of its own.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Running } from '../bench/processes.js';
import { start, stop } from '../bench/processes.js';
import { takePorts } from '../support/port-block.js';
import type { RawRequest } from '../support/raw-exchange.js';
import { ask, normalise } from '../support/raw-exchange.js';
import { get } from '../support/project-run.js';

export const engines = ['envoy', 'envoy3'] as const;
export type Engine = (typeof engines)[number];

export interface SidecarOptions {
  readonly root: string;
  readonly envoyBin: string;
  /** Of the project. */
  readonly folder: string;
  readonly engine: Engine;
  /** The practices, and where their services are. */
  readonly env: Readonly<Record<string, string>>;
}

/** A sidecar that serves. */
export interface Sidecar {
  readonly engine: Engine;
  readonly port: number;
  /** The answer to one request on a connection of its own, without what differs each time. */
  ask(request: RawRequest): Promise<string>;
  /** The answer of the admin interface. */
  admin(path: string): Promise<string>;
  /** `name: value` of the statistics whose names match, sorted. */
  stats(pattern: RegExp): Promise<readonly string[]>;
}

/** Longest wait for what a proxy does by itself: a health check, a look-up. Milliseconds. */
const patienceMs = 15_000;

/** Asks until the answer is as it should be, or for too long. @returns the last answer */
export async function eventually(
  question: () => Promise<string>,
  isRight: (answer: string) => boolean,
): Promise<string> {
  const end = Date.now() + patienceMs;
  for (;;) {
    const answer = await question();
    if (isRight(answer) || Date.now() > end) return answer;
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** Builds, serves, and ends when `use` has ended. */
export async function withSidecar<T>(
  { engine, env, envoyBin, folder, root }: SidecarOptions,
  use: (sidecar: Sidecar) => Promise<T>,
): Promise<T> {
  const cli = join(root, 'cli', 'envoy3.mjs');
  const { ports, release } = await takePorts(['SIDECAR_PORT', 'ADMIN_PORT']);
  const file = `${engine}.yaml`;
  execFileSync(process.execPath, [cli, 'build', '-o', file], {
    cwd: folder,
    env: { ...process.env, ...env, ...ports },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const flags = ['-c', file, '-l', 'warning', '--file-flush-interval-msec', '50'];
  const running: Running =
    engine === 'envoy'
      ? start(engine, envoyBin, [...flags, '--concurrency', '1', '--use-dynamic-base-id'], folder)
      : start(engine, process.execPath, [cli, 'serve', ...flags, '--no-watch'], folder);
  const port = Number(ports.SIDECAR_PORT);
  const admin = (path: string): Promise<string> => get(ports.ADMIN_PORT, path);
  const tls = env.TLS_TERMINATION === 'on' || env.ALL === 'on';
  try {
    const ready = await eventually(
      () => admin('/ready').catch((error: Error) => error.message),
      (answer) => answer.startsWith('200') || running.child.exitCode !== null,
    );
    if (!ready.startsWith('200')) throw new Error(`${engine} with ${JSON.stringify(env)}: ${ready}`);
    return await use({
      engine,
      port,
      admin,
      ask: async (request) => normalise(await ask(port, request, { tls, host: 'localhost:10000' })),
      stats: async (pattern) =>
        (await admin('/stats'))
          .replace(/^\d+ /, '')
          .split('\n')
          .filter((line) => pattern.test(line))
          .sort(),
    });
  } finally {
    await stop(running);
    await release();
  }
}
