/**
 * `node services/service.mjs orders 2`: the second instance of `orders`, until a signal. `payments 4-43`: forty instances
 * in one process. Each has a loopback address of its own, as a machine would have, registers itself and takes itself out.
 */
import { loadPackage } from '../runner/envoy3-package.mjs';
import { readSettings, services } from '../runner/settings.mjs';
import { greeter, serveGreeter } from './greeter.mjs';
import { health, serveHealth } from './health.mjs';
import { register } from './registration.mjs';

/** Proxies ask for addresses each second, and may have asked just before one was taken out. */
const forgetMs = 2000;

const [name, numbers = ''] = process.argv.slice(2);
const [first, last = first] = numbers.split('-').map(Number);
if (services[name] === undefined || !(first >= 1 && last >= first && last <= 254)) {
  process.stderr.write(
    `usage: node services/service.mjs ${Object.keys(services).join('|')} NUMBER[-NUMBER]\n`,
  );
  process.exit(2);
}

const grpc = await loadPackage('@grpc/grpc-js');
const { agent } = readSettings();
const { check, network, port } = services[name];
let serving = true;

async function open(number) {
  const instance = { id: `${name}-${number}`, name, address: `127.0.${network}.${number}`, port };
  const server = new grpc.Server();
  server.addService(greeter, serveGreeter(grpc, instance.id));
  server.addService(
    health,
    serveHealth(() => serving),
  );
  await new Promise((done, fail) => {
    server.bindAsync(`${instance.address}:${port}`, grpc.ServerCredentials.createInsecure(), (error) =>
      error === null ? done() : fail(error),
    );
  });
  return { server, deregister: await register(agent, instance, check) };
}

const count = last - first + 1;
const instances = await Promise.all(Array.from({ length: count }, (_, at) => open(first + at)));
process.stdout.write(`${name}: ${count} registered\n`);

async function close() {
  if (!serving) return;
  serving = false;
  await Promise.all(instances.map(({ deregister }) => deregister().catch(() => undefined)));
  await new Promise((done) => setTimeout(done, forgetMs));
  await Promise.all(instances.map(({ server }) => new Promise((done) => server.tryShutdown(done))));
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void close());
