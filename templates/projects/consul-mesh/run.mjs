/**
 * `npm start`: one node of the mesh: discovery, three instances of each service, a statsd server and the proxy, until
 * Ctrl-C.
 */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { prepareCertificate } from './certificate.mjs';
import { build } from './runner/build.mjs';
import { envoy3Home } from './runner/envoy3-package.mjs';
import { killAll, start, stop } from './runner/processes.mjs';
import { healthyHosts, until } from './runner/proxy.mjs';
import { initial, initialInstances, readSettings } from './runner/settings.mjs';
import { startProxy } from './runner/start-proxy.mjs';
import { receiveStatsd } from './runner/statsd.mjs';

const settings = readSettings();
const { admin, discoveryDns, discoveryHttp, folder, statsd } = settings;
const cli = join(envoy3Home(), 'cli', 'envoy3.mjs');
const guarded = ['--import', join(folder, 'runner', 'guard.mjs')];
const node = (name, ...args) =>
  start(name, process.execPath, [...guarded, ...args], { cwd: folder, env: {} });

let ending = false;
let metrics;
const others = [];
let proxy;

async function end(code) {
  if (ending) killAll();
  ending = true;
  // The proxy first: the calls in flight still need the services.
  if (proxy !== undefined) await stop(proxy);
  await Promise.all(others.map(stop));
  metrics?.close();
  process.exit(code);
}

/** What ends by itself ends all. */
function watched(one) {
  one.ended.then((how) => {
    if (ending || one.stopping) return;
    process.stderr.write(`${one.name} ${how}\n`);
    void end(1);
  });
  return one;
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(0));

try {
  const run = join(folder, 'run');
  rmSync(run, { recursive: true, force: true });
  mkdirSync(run);
  metrics = await receiveStatsd(statsd, join(run, 'statsd.txt'));
  const ports = ['--http-port', String(discoveryHttp), '--dns-port', String(discoveryDns)];
  others.push(watched(node('discovery', cli, 'discovery', '--node', 'node-1', ...ports)));
  for (const name of initial) {
    for (let number = 1; number <= initialInstances; number++) {
      others.push(watched(node(`${name}-${number}`, join('services', 'service.mjs'), name, String(number))));
    }
  }
  await prepareCertificate(folder);
  proxy = watched(startProxy(settings, build(settings)));
  const isComplete = async () => {
    const counts = await Promise.all(initial.map((name) => healthyHosts(settings, name)));
    return counts.every((count) => count === initialInstances) && metrics.received() > 0;
  };
  await until('all instances in the proxy', isComplete, () => ending);
  process.stdout.write(`
  node call.mjs orders Ann
  node call.mjs users Ann --times 30
  curl localhost:${admin}/clusters
  curl localhost:${discoveryHttp}/v1/health/service/payments?passing

  Ctrl-C ends all of it.

`);
} catch (error) {
  if (!ending) process.stderr.write(`${error.message}\n`);
  void end(1);
}
