/**
 * `npm start`: the certificate, the configuration, two backends and the sidecar, until Ctrl-C.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { prepareCertificate } from './certificate.mjs';
import { envoy3Home, projectFolder } from './runner/envoy3-package.mjs';
import { killAll, start, stop } from './runner/processes.mjs';

const { env } = process;
const on = (name) => /^(?:true|1|yes|on)$/i.test(env[name] ?? env.ALL ?? '');
const sidecarPort = env.SIDECAR_PORT ?? '10000';
const adminPort = env.ADMIN_PORT ?? '9901';
const backends = { backend: env.BACKEND_PORT ?? '9090', canary: env.CANARY_PORT ?? '9091' };
const cli = join(envoy3Home(), 'cli', 'envoy3.mjs');
const guarded = ['--import', join(projectFolder, 'runner', 'guard.mjs')];
const cwd = projectFolder;

async function ready() {
  for (let attempt = 0; attempt < 400; attempt++) {
    const answer = await fetch(`http://127.0.0.1:${adminPort}/ready`).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.status === 200) return;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error('the sidecar did not become ready');
}

const certificate = env.CERTIFICATE ?? (await prepareCertificate(projectFolder));
execFileSync(process.execPath, [cli, 'build', '-o', 'envoy3.yaml'], {
  cwd,
  stdio: ['ignore', 'ignore', 'inherit'],
});

const processes = Object.entries(backends).map(([name, port]) =>
  start(name, process.execPath, [...guarded, join(projectFolder, 'services', 'backend.mjs')], {
    cwd,
    env: {
      BACKEND_NAME: name,
      BACKEND_PORT: port,
      BACKEND_TLS: on('TLS_ORIGINATION') ? certificate : '',
    },
  }),
);
const flags = ['serve', '-c', 'envoy3.yaml', '-l', 'warning', '--drain-time-s', '5'];
const sidecar = start('sidecar', process.execPath, [...guarded, cli, ...flags], { cwd, env: {} });

let ending = false;
async function end(code) {
  if (ending) return;
  ending = true;
  // The sidecar first: the requests in flight still need the backends.
  await stop(sidecar);
  await Promise.all(processes.map(stop));
  process.exit(code);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(0));
for (const one of [sidecar, ...processes]) {
  one.ended.then((how) => {
    if (ending) return;
    process.stderr.write(`${one.name} ${how}\n`);
    void end(1);
  });
}

try {
  await ready();
  const curl = on('TLS_TERMINATION') ? 'curl -k https:' : 'curl http:';
  process.stdout.write(`
  ${curl}//localhost:${sidecarPort}/
  ${curl}//localhost:${sidecarPort}/important
  curl http://localhost:${adminPort}/stats/prometheus

  Ctrl-C ends all of it.

`);
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  killAll();
  process.exit(1);
}
