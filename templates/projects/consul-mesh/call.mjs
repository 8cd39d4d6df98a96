/**
 * `node call.mjs orders Ann`: a gRPC client as any app of this node: it dials the local proxy and names the service.
 *
 * --times N         so many calls, and how many each instance had
 * --seconds N       one call after the other, so long, and how many of them failed
 * --node 2          through the proxy of the other node: see join.mjs
 * --stream          the call whose answer is a stream
 * --fail-tries N    the service fails so many tries of each call
 * --slow-ms N       the service takes so long
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadPackage } from './runner/envoy3-package.mjs';
import { readSettings } from './runner/settings.mjs';
import { greeter } from './services/greeter.mjs';

const text = { type: 'string' };
const { positionals, values } = parseArgs({
  options: {
    times: text,
    seconds: text,
    node: text,
    'fail-tries': text,
    'slow-ms': text,
    stream: { type: 'boolean' },
  },
  allowPositionals: true,
});
const [service, name = 'World'] = positionals;
if (service === undefined) {
  process.stderr.write(
    'usage: node call.mjs SERVICE [NAME] [--times N | --seconds N] [--stream] [--fail-tries N] [--slow-ms N]\n',
  );
  process.exit(2);
}

const grpc = await loadPackage('@grpc/grpc-js');
const { folder, mesh } = readSettings(values.node === '2' ? 2 : 1);
const authority = `${service}.envoy.internal`;
const Client = grpc.makeGenericClientConstructor(greeter);
const trusted = grpc.credentials.createSsl(readFileSync(join(folder, 'wildcard.crt')));
// The one line that sends an app through the mesh: where to dial, and whom it means.
const client = new Client(`127.0.0.1:${mesh}`, trusted, {
  'grpc.default_authority': authority,
  'grpc.ssl_target_name_override': authority,
});
const metadata = new grpc.Metadata();
for (const key of ['fail-tries', 'slow-ms']) if (values[key] !== undefined) metadata.set(key, values[key]);

function once() {
  return new Promise((done, fail) => {
    client.hello({ name }, metadata, (error, reply) => (error === null ? done(reply) : fail(error)));
  });
}

async function during(ms) {
  const end = Date.now() + ms;
  let [good, bad] = [0, 0];
  while (Date.now() < end) {
    await once().then(
      () => good++,
      () => bad++,
    );
  }
  process.stdout.write(`${good + bad} calls, ${bad} failed\n`);
}

async function main() {
  if (values.seconds !== undefined) {
    await during(Number(values.seconds) * 1000);
    return;
  }
  if (values.stream) {
    for await (const { message, attempt } of client.greetings({ name }, metadata)) {
      process.stdout.write(`${message}, from ${service}, try ${attempt}\n`);
    }
    return;
  }
  if (values.times === undefined) {
    const { message, attempt } = await once();
    process.stdout.write(`${message}, from ${service}, try ${attempt}\n`);
    return;
  }
  const tally = new Map();
  for (let turn = 0; turn < Number(values.times); turn++) {
    const { instance } = await once();
    tally.set(instance, (tally.get(instance) ?? 0) + 1);
  }
  for (const instance of [...tally.keys()].sort())
    process.stdout.write(`${instance} ${tally.get(instance)}\n`);
}

try {
  await main();
} catch ({ code, details }) {
  process.stdout.write(`${grpc.status[code]}${details ? `: ${details}` : ''}\n`);
  process.exitCode = 1;
}
client.close();
