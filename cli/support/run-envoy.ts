/**
 * `--engine envoy`: real Envoy with the flags that it shares with `envoy3 serve`, restarted hot when its file changes.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConfigWatcher } from '../../runtime/index.js';
import { watchFile } from '../../runtime/index.js';
import type { Io, ParsedArguments } from '../command.js';
import type { EnvoyProcess } from './envoy-supervisor.js';
import { EnvoySupervisor } from './envoy-supervisor.js';
import { createServiceManager } from './service-manager.js';

/** What this program does with them, Envoy does not. */
const ours: ReadonlySet<string> = new Set([
  'engine',
  'no-watch',
  'rollback',
  'discovery',
  'services',
  'config-dir',
  'data-dir',
  'http-port',
  'dns-port',
  'restart-epoch',
  'base-id',
  'use-dynamic-base-id',
  'admin-address-path',
  'base-id-path',
]);

/** How often it is looked whether Envoy serves, and for how long, in milliseconds. */
const readyLookMs = 100;
const readyPatienceMs = 60_000;

function flagsOf({ values }: ParsedArguments): string[] {
  return Object.entries(values).flatMap(([name, value]) => {
    if (ours.has(name) || value === undefined || value === false) return [];
    return value === true ? [`--${name}`] : [`--${name}`, String(value)];
  });
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

function startProcess(binary: string, flags: readonly string[], cwd: string): EnvoyProcess {
  const child = spawn(binary, flags, { cwd, stdio: 'inherit' });
  return {
    pid: child.pid ?? 0,
    kill: (signal) => void child.kill(signal),
    onExit(listener) {
      let told = false;
      const once: typeof listener = (exit) => {
        if (!told) listener(exit);
        told = true;
      };
      child.on('error', ({ message }) =>
        once({ code: 1, signal: null, problem: `${message}; set ENVOY_BIN to its binary` }),
      );
      child.on('exit', (code, signal) => once({ code, signal }));
    },
  };
}

/** @returns Envoy's exit code; 1 when it cannot be started */
export async function runEnvoy(args: ParsedArguments, io: Io): Promise<number> {
  const binary = io.env.ENVOY_BIN ?? 'envoy';
  const flags = flagsOf(args);
  if (args.values.mode === 'validate') {
    return new Promise((done) => startProcess(binary, flags, io.cwd).onExit(({ code }) => done(code ?? 1)));
  }
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-envoy-'));
  const baseIdPath = join(folder, 'base-id');
  const adminPath = join(folder, 'admin-address');
  const manager = createServiceManager(io.env);
  const log = (text: string): void => io.stderr(`envoy3: ${text}\n`);
  const ownPath = typeof args.values['base-id'] === 'string' ? args.values['base-id'] : undefined;
  const supervisor = new EnvoySupervisor({
    start(epoch) {
      const dynamic = epoch === 0 && ownPath === undefined;
      const id = dynamic
        ? ['--use-dynamic-base-id', '--base-id-path', baseIdPath]
        : ['--base-id', ownPath ?? readOrNothing(baseIdPath)];
      const own = [...id, '--restart-epoch', String(epoch), '--admin-address-path', adminPath];
      rmSync(adminPath, { force: true });
      const started = startProcess(binary, [...flags, ...own], io.cwd);
      void untilReady(adminPath).then(() => manager.ready());
      return started;
    },
    validate: () =>
      new Promise((done) => {
        const level = flags.includes('--log-level') ? [] : ['--log-level', 'error'];
        const validating = [...flags, ...level, '--mode', 'validate', '--use-dynamic-base-id'];
        execFile(binary, validating, { cwd: io.cwd }, (error, _stdout, stderr) => {
          done(error === null ? undefined : stderr || error.message);
        });
      }),
    log,
    setTimer(ms, run) {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  });
  const onSignal = (signal: 'SIGTERM' | 'SIGINT'): void => {
    manager.stopping();
    supervisor.stop(signal);
  };
  const restart = (): void => {
    manager.reloading();
    void supervisor.restart().then(() => manager.ready());
  };
  const reopen = (): void => supervisor.reopenLogs();
  const stopListening = io.onSignal(onSignal);
  process.on('SIGHUP', restart).on('SIGUSR1', reopen);
  const path = args.values['config-path'];
  let watcher: ConfigWatcher | undefined;
  if (typeof path === 'string' && args.values['no-watch'] !== true) {
    watcher = watchFile(resolve(io.cwd, path), restart);
  }
  supervisor.start();
  try {
    return await supervisor.closed;
  } finally {
    watcher?.close();
    stopListening();
    process.off('SIGHUP', restart).off('SIGUSR1', reopen);
    manager.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resolves when Envoy answers that it is ready; after a while in any case, as for one without an admin interface. */
async function untilReady(adminPath: string): Promise<void> {
  const end = Date.now() + readyPatienceMs;
  while (Date.now() < end) {
    const address = readOrNothing(adminPath);
    if (address !== '') {
      const response = await fetch(`http://${address}/ready`).catch(() => undefined);
      if (response?.status === 200) return;
    }
    await sleep(readyLookMs, undefined, { ref: false });
  }
}
