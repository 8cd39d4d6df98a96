/**
 * `npm run api:update -- 1.40.0`: writes the facts of an Envoy release (a maintainer's command).
 * `npm run api:update -- older`: writes what the older releases that `--target` knows differ in.
 * GO_MODULE_PROXY, or the first entry of `go env GOPROXY`, is where Go modules come from.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compiler, ensureInstalled, root, run } from './build.mjs';
import { findEnvoy, olderReleases } from './envoy-binary.mjs';

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
  process.stderr.write('usage: npm run api:update -- RELEASE|older (for example 1.40.0)\n');
  process.exit(2);
}
await ensureInstalled();
if ((await run(compiler(), ['-b', 'dsl/generate'])) !== 0) process.exit(1);
const folder = join(root, 'dsl', 'generate', 'facts');
const update = await import(pathToFileURL(join(root, 'dist', 'dsl', 'generate', 'update.js')).href);
const count = (record) => Object.keys(record).length;
if (release === 'older') {
  const releases = [];
  for (const older of olderReleases) releases.push({ release: older, envoyBin: await findEnvoy(older) });
  if (releases.some(({ envoyBin }) => envoyBin === undefined)) process.exit(1);
  const history = await update.updateOlderReleases({ releases, folder });
  process.stderr.write(
    `api:update: ${count(history.messages)} messages, ${count(history.enums)} enums and ${history.extensions.length} extensions are not the same in all\n`,
  );
  process.exit(0);
}
const envoyBin = await findEnvoy();
if (envoyBin === undefined) {
  process.stderr.write('api:update: needs the Envoy binary of that release (set ENVOY_BIN)\n');
  process.exit(1);
}
const model = await update.updateFacts({ release, proxy: moduleProxy(), envoyBin, folder });
process.stderr.write(
  `api:update: ${count(model.messages)} messages, ${count(model.enums)} enums, ${model.extensions.length} extensions\n`,
);
