/**
 * `npm run api:update -- 1.40.0`: writes the facts of an Envoy release (a maintainer's command).
 * GO_MODULE_PROXY, or the first entry of `go env GOPROXY`, is where Go modules come from.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compiler, ensureInstalled, root, run } from './build.mjs';
import { findEnvoy } from './envoy-binary.mjs';

function moduleProxy() {
  const given = process.env.GO_MODULE_PROXY ?? process.env.GOPROXY;
  try {
    return (given ?? execFileSync('go', ['env', 'GOPROXY'], { encoding: 'utf8' })).trim().split(/[,|]/)[0];
  } catch {
    process.stderr.write('api:update: set GO_MODULE_PROXY to the address of a Go module proxy\n');
    process.exit(2);
  }
}

const release = process.argv[2];
if (release === undefined) {
  process.stderr.write('usage: npm run api:update -- RELEASE (for example 1.40.0)\n');
  process.exit(2);
}
await ensureInstalled();
if ((await run(compiler(), ['-b', 'dsl/generate'])) !== 0) process.exit(1);
const envoyBin = await findEnvoy();
if (envoyBin === undefined) {
  process.stderr.write('api:update: needs the Envoy binary of that release (set ENVOY_BIN)\n');
  process.exit(1);
}
const { updateFacts } = await import(pathToFileURL(join(root, 'dist', 'dsl', 'generate', 'update.js')).href);
const folder = join(root, 'dsl', 'generate', 'facts');
const model = await updateFacts({ release, proxy: moduleProxy(), envoyBin, folder });
const count = (record) => Object.keys(record).length;
process.stderr.write(
  `api:update: ${count(model.messages)} messages, ${count(model.enums)} enums, ${model.extensions.length} extensions\n`,
);
