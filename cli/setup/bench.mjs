/**
 * `npm run bench`: CPU time per request beside real Envoy, nginx and HAProxy in one run, and the cold compile time.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, root } from './build.mjs';
import { findEnvoy } from './envoy-binary.mjs';

await ensureBuilt();
const envoyBin = await findEnvoy();
if (envoyBin !== undefined) process.env.ENVOY_BIN = envoyBin;
const { main } = await import(pathToFileURL(join(root, 'dist', 'test', 'bench', 'main.js')).href);
await main();
