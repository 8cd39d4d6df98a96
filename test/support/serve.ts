/** A running proxy for tests: its log is kept, its ports are its own. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Server, ServerOptions } from '../../runtime/index.js';
import { createServer } from '../../runtime/index.js';

export interface RunningProxy {
  readonly server: Server;
  /** Lines of the log so far. */
  readonly log: readonly string[];
  /** Resolves with the first line, past or to come, that matches. */
  logged(pattern: RegExp): Promise<string>;
  /** Port of a listener. */
  port(index?: number): number;
}

/** @param options at least the configuration; the log level is `info` and nothing is watched unless said */
export async function startProxy(options: ServerOptions): Promise<RunningProxy> {
  const log: string[] = [];
  const waiting = new Set<() => void>();
  const server = await createServer({
    concurrency: Number(process.env.ENVOY3_TEST_CONCURRENCY ?? 1),
    watch: false,
    ...options,
    writeLog(line) {
      log.push(line.trimEnd());
      for (const look of waiting) look();
    },
  });
  return {
    server,
    log,
    logged: (pattern) =>
      new Promise((done) => {
        const look = (): void => {
          const line = log.find((one) => pattern.test(one));
          if (line === undefined) return;
          waiting.delete(look);
          done(line);
        };
        waiting.add(look);
        look();
      }),
    port: (index = 0) => Number(/:(\d+)$/.exec(server.listenerAddresses()[index] ?? '')?.[1]),
  };
}

/** A folder that is gone when `use` has ended. */
export async function inTemporaryFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-test-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes a file into a folder. @returns its path */
export function writeFileIn(folder: string, name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}
