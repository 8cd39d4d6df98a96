/**
 * `envoy3 build`: one file for the bundled runtime; for real Envoy the same in the layout that it reloads by itself.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { envoy3Home } from './envoy3-package.mjs';
import { configEnv } from './settings.mjs';

/** @returns the file to serve @throws when it does not compile; what is wrong has been printed */
export function build(settings) {
  const { engine, folder, home } = settings;
  const cli = join(envoy3Home(), 'cli', 'envoy3.mjs');
  const run = (...args) =>
    execFileSync(process.execPath, [cli, 'build', '--format', 'text', ...args], {
      cwd: folder,
      env: { ...process.env, ...configEnv(settings) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  const single = join(home, 'envoy3.yaml');
  const split = join(home, 'run', 'envoy.yaml');
  try {
    run('-o', single);
    if (engine === 'envoy') run('-o', split, '--layout', 'split', '--served-from', join(home, 'run'));
  } catch (error) {
    process.stderr.write(error.stderr ?? '');
    throw new Error('envoy3.config.ts does not compile');
  }
  return engine === 'envoy' ? split : single;
}
