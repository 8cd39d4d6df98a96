/**
 * `npm start`: certificates, configuration, discovery, the backends, two workers and the edge, until Ctrl-C.
 */
import { appendFileSync, mkdirSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { build } from './build.mjs';
import { prepareCertificates } from './certificates.mjs';
import { envoy3Home, projectFolder } from './runner/envoy3-package.mjs';
import { killAll, start, stop } from './runner/processes.mjs';
import { prepareFile } from './services/register-in-files.mjs';

const { env } = process;
let ending = false;
const edgePort = env.EDGE_PORT ?? '8443';
const adminPort = env.ADMIN_PORT ?? '8001';
const [, discoveryHttpPort] = (env.DISCOVERY_HTTP ?? '127.0.0.1:8500').split(':');
const [, discoveryDnsPort] = (env.DISCOVERY_DNS ?? '127.0.0.1:8600').split(':');
const isReal = env.ENGINE === 'envoy';
const inFiles = env.WORKERS === 'files';
const cli = join(envoy3Home(), 'cli', 'envoy3.mjs');
const guarded = ['--import', join(projectFolder, 'runner', 'guard.mjs')];
const cwd = projectFolder;
process.chdir(cwd);

const pause = () => new Promise((done) => setTimeout(done, 25));

/** Asks until the answer says so. @throws after ten seconds, or when something has ended */
async function answers(url, ...texts) {
  for (let attempt = 0; attempt < 400 && !ending; attempt++) {
    const answer = await fetch(url).catch(() => undefined);
    const body = (await answer?.text()) ?? '';
    if (answer?.status === 200 && texts.every((text) => body.includes(text))) return;
    await pause();
  }
  throw new Error(`${url} does not answer`);
}

/** Waits until somebody listens. */
async function listens(port) {
  for (let attempt = 0; attempt < 400 && !ending; attempt++) {
    const isThere = await new Promise((done) => {
      const socket = connect(Number(port), '127.0.0.1', () => done(true)).on('error', () => done(false));
      socket.on('connect', () => socket.destroy());
    });
    if (isThere) return;
    await pause();
  }
  throw new Error(`nobody listens on port ${port}`);
}

const node = (name, file, ...args) =>
  start(name, process.execPath, [...guarded, file, ...args], { cwd, env: {} });

mkdirSync(join(cwd, 'run'), { recursive: true });
await prepareCertificates(join(cwd, 'certificates'));
if (inFiles) prepareFile();
if (!build()) process.exit(1);

const flags = ['-l', env.LOG_LEVEL ?? 'info', '--drain-time-s', '5', '--file-flush-interval-msec', '100'];
const processes = [];
let edge;
async function end(code) {
  if (ending) return;
  ending = true;
  // The edge first: what is under way still needs the backends.
  if (edge !== undefined) await stop(edge);
  await Promise.all(processes.filter(({ name }) => name !== 'discovery').map(stop));
  await Promise.all(processes.map(stop));
  process.exit(code);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(0));

function run(one) {
  processes.push(one);
  one.ended.then((how) => {
    if (ending) return;
    process.stderr.write(`${one.name} ${how}\n`);
    void end(1);
  });
  return one;
}

try {
  const ports = ['--http-port', discoveryHttpPort, '--dns-port', discoveryDnsPort];
  if (!inFiles) {
    run(node('discovery', cli, 'discovery', ...ports));
    await answers(`http://127.0.0.1:${discoveryHttpPort}/v1/status/leader`);
  }
  for (const name of ['web', 'api', 'old-api']) run(node(name, join('services', `${name}.mjs`)));
  await Promise.all([env.WEB_PORT ?? 9441, env.API_PORT ?? 9442].map(listens));
  for (const number of ['1', '2']) run(node(`worker-${number}`, 'worker.mjs', number));
  const command = isReal
    ? [
        env.ENVOY_BIN ?? 'envoy',
        ['-c', 'run/envoy/envoy3.yaml', '--use-dynamic-base-id', '--concurrency', '1'],
      ]
    : [process.execPath, [...guarded, cli, 'serve', '-c', 'envoy3.yaml']];
  edge = start('edge', command[0], [...command[1], ...flags], { cwd, env: {} });
  for (const stream of [edge.child.stdout, edge.child.stderr]) {
    stream.on('data', (text) => appendFileSync(join('run', 'edge.log'), text));
  }
  run(edge);
  await answers(`http://127.0.0.1:${adminPort}/ready`);
  await answers(`http://127.0.0.1:${adminPort}/clusters`, 'workers::127.0.3.1:', 'workers::127.0.3.2:');
  process.stdout.write(`
  curl --cacert certificates/truststore.pem https://localhost:${edgePort}/
  curl http://localhost:${adminPort}/clusters

  Ctrl-C ends all of it.

`);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  killAll();
  process.exit(1);
}
