/**
 * `node release.mjs orders 10`: one call in ten to `orders` goes to `orders-green`: a canary. 100 is the switch of a
 * blue/green release, 0 the way back, `off` the end of it: the green cluster leaves the configuration.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './runner/build.mjs';
import { until, weightOf } from './runner/proxy.mjs';
import { initial, readSettings } from './runner/settings.mjs';

const [service, wanted = ''] = process.argv.slice(2);
const percent = wanted === 'off' ? undefined : Number(wanted);
if (!initial.includes(service) || (wanted !== 'off' && (!/^\d+$/.test(wanted) || percent > 100))) {
  process.stderr.write(`usage: node release.mjs ${initial.join('|')} PERCENT|off\n`);
  process.exit(2);
}
const settings = readSettings();
const file = join(settings.folder, 'release.json');
const before = readFileSync(file, 'utf8');

function write(text) {
  writeFileSync(`${file}.new`, text);
  renameSync(`${file}.new`, file);
}

write(`${JSON.stringify({ ...JSON.parse(before), [service]: percent })}\n`);
try {
  build(settings);
} catch (error) {
  write(before);
  throw error;
}
await until(
  `the proxy takes ${service} at ${wanted}`,
  async () => (await weightOf(settings, `${service}-green`)) === percent,
);
process.stdout.write(percent === undefined ? `${service}: no release\n` : `${service}: ${percent} % green\n`);
