/**
 * `envoy3 build`: one file for the bundled runtime; for real Envoy the same in the layout that it reloads by itself.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { envoy3Home } from './envoy3-package.mjs';
import { configEnv } from './settings.mjs';

/** @returns the file to serve @throws when it does not compile; what is wrong has been printed */
export function build(settings) {
  const { engine, folder } = settings;
  const cli = join(envoy3Home(), 'cli', 'envoy3.mjs');
  const run = (...args) =>
    execFileSync(process.execPath, [cli, 'build', '--format', 'text', ...args], {
      cwd: folder,
      env: { ...process.env, ...configEnv(settings) },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  try {
    run('-o', 'envoy3.yaml');
    if (engine === 'envoy')
      run('-o', join('run', 'envoy.yaml'), '--layout', 'split', '--served-from', join(folder, 'run'));
  } catch (error) {
    process.stderr.write(error.stderr ?? '');
    throw new Error('envoy3.config.ts does not compile');
  }
  return engine === 'envoy' ? join('run', 'envoy.yaml') : 'envoy3.yaml';
}
