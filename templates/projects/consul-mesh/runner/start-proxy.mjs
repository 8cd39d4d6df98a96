/**
 * The proxy of a node, as a process, by the chosen engine.
 */
import { join } from 'node:path';
import { envoy3Home } from './envoy3-package.mjs';
import { start } from './processes.mjs';

/** Both write their logs in batches; for a demonstration one does not wait ten seconds. */
const shared = ['-l', 'warning', '--file-flush-interval-msec', '200'];

/** @param file from `build` */
export function startProxy({ engine, folder, home, node }, file) {
  const name = node === 1 ? 'proxy' : `proxy of node ${node}`;
  if (engine === 'envoy') {
    const flags = ['-c', file, ...shared, '--concurrency', '1', '--use-dynamic-base-id'];
    return start(name, process.env.ENVOY_BIN ?? 'envoy', flags, { cwd: home, env: {} });
  }
  const guard = ['--import', join(folder, 'runner', 'guard.mjs')];
  const cli = join(envoy3Home(), 'cli', 'envoy3.mjs');
  const flags = [...guard, cli, 'serve', '-c', file, ...shared, '--drain-time-s', '2'];
  return start(name, process.execPath, flags, { cwd: home, env: {} });
}
