import { join } from 'node:path';
import { envoy3Home, projectFolder } from './envoy3-package.mjs';

/** Node with the guard against staying behind. */
export const node = [process.execPath, ['--import', join(projectFolder, 'runner', 'guard.mjs')]];

/** The command and arguments that serve a configuration, by the chosen engine. */
export function proxyCommand({ engine }, config, logLevel) {
  if (engine === 'envoy') {
    const flags = ['--use-dynamic-base-id', '--concurrency', '1'];
    return [process.env.ENVOY_BIN ?? 'envoy', ['-c', config, '-l', logLevel, ...flags]];
  }
  const cli = join(envoy3Home(), 'cli', 'envoy3.mjs');
  const [command, flags] = node;
  return [command, [...flags, cli, 'serve', '-c', config, '-l', logLevel, '--drain-time-s', '2']];
}
