/**
 * `node scale.mjs service1 3`: tells the running `npm start` how many instances there should be, and waits for them.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { maxInstances, readSettings, scaleFile, services } from './runner/settings.mjs';

function fail(text, code) {
  process.stderr.write(`${text}\n`);
  process.exit(code);
}

const [service, text] = process.argv.slice(2);
const count = Number(text);
if (!services.includes(service) || !/^\d+$/.test(text ?? '') || count > maxInstances) {
  fail(`usage: node scale.mjs ${services.join('|')} COUNT (0 to ${maxInstances})`, 2);
}

const settings = readSettings();
const health = `http://127.0.0.1:${settings.discoveryHttp}/v1/health/service/${service}?passing`;

async function serving() {
  const answer = await fetch(health).catch(() => undefined);
  if (answer?.status !== 200) fail(`nothing answers at ${health}; run 'npm start' first`, 1);
  return (await answer.json()).length;
}

await serving();
const file = scaleFile(settings);
const wanted = { ...JSON.parse(readFileSync(file, 'utf8')), [service]: count };
writeFileSync(`${file}.new`, `${JSON.stringify(wanted)}\n`);
renameSync(`${file}.new`, file);

for (let attempt = 0; attempt < 300; attempt++) {
  if ((await serving()) === count) {
    process.stdout.write(`${service}: ${count}\n`);
    process.exit(0);
  }
  await new Promise((done) => setTimeout(done, 100));
}
fail(`${service} did not become ${count}; see the output of 'npm start'`, 1);
