/**
 * `npm start` of a project: its configuration is compiled; its services and the proxy run until Ctrl-C.
 */
import { execFileSync } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { envoy3Home, projectFolder } from './envoy3-package.mjs';
import { killAll, start, stop } from './processes.mjs';

/** Ends with its parent, however that ended. */
const guarded = ['--import', join(projectFolder, 'runner', 'guard.mjs')];
const output = 'envoy3.yaml';
/** Time for the requests under way to end. */
const drainMs = 5000;

function build(cli, args) {
  try {
    execFileSync(process.execPath, [cli, 'build', ...args, '-o', output], {
      cwd: projectFolder,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    return true;
  } catch {
    return false;
  }
}

/** `ENGINE=envoy`: real Envoy, whose binary ENVOY_BIN names. */
function startProxy(cli) {
  const cwd = projectFolder;
  if (process.env.ENGINE === 'envoy') {
    const flags = ['-c', output, '-l', 'warning', '--use-dynamic-base-id', '--concurrency', '1'];
    return start('proxy', process.env.ENVOY_BIN ?? 'envoy', flags, { cwd, env: {} });
  }
  const flags = ['serve', '-c', output, '-l', 'warning', '--drain-time-s', String(drainMs / 1000)];
  return start('proxy', process.execPath, [...guarded, cli, ...flags], { cwd, env: {} });
}

async function isReady(adminPort) {
  const answer = await fetch(`http://127.0.0.1:${adminPort}/ready`).catch(() => undefined);
  await answer?.arrayBuffer();
  return answer?.status === 200;
}

function isListening(port) {
  return new Promise((done) => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('connect', () => socket.end(() => done(true))).on('error', () => done(false));
  });
}

/** Asks again and again. @throws when it takes ten seconds; ends at once when `isOver` says so */
async function waitFor(name, isThere, isOver) {
  for (let attempt = 0; attempt < 400; attempt++) {
    if (isOver() || (await isThere())) return;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error(`${name} is not ready after ten seconds`);
}

async function ask(adminPort, path, method = 'GET') {
  const answer = await fetch(`http://127.0.0.1:${adminPort}${path}`, { method });
  return answer.text();
}

/**
 * The bundled runtime lets requests end when it is asked to stop. Real Envoy ends at once: what asks it to drain, and waits,
 * is whoever runs it.
 */
async function drain(adminPort) {
  if (process.env.ENGINE !== 'envoy') return;
  await ask(adminPort, '/drain_listeners?graceful&skip_exit', 'POST');
  for (const end = Date.now() + drainMs; Date.now() < end; ) {
    const active = await ask(adminPort, '/stats?filter=^http.*downstream_rq_active$&usedonly');
    if (!/^http\.(?!admin\.).*: [1-9]/m.test(active)) return;
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** A signal for npm ends npm and its shell, and is told to nobody else: the parent being gone is all that is seen of it. */
function onNpmEnd(callback) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, 200);
  timer.unref();
}

/**
 * @param options.services `{ name, args, env, port }` of each: what Node runs in the folder of the project, and where it
 * then listens
 * @param options.build more arguments of `envoy3 build`
 * @param options.adminPort of the proxy, which is asked whether it is ready
 * @param options.greeting what is printed then
 */
export async function runProject({ services, build: buildArguments = [], adminPort, greeting }) {
  const cli = join(envoy3Home(), 'cli', 'envoy3.mjs');
  if (!build(cli, buildArguments)) process.exit(1);
  const running = services.map(({ name, args, env = {} }) =>
    start(name, process.execPath, [...guarded, ...args], { cwd: projectFolder, env }),
  );
  let proxy;
  let ending = false;
  async function end(code) {
    if (ending) return;
    ending = true;
    // The proxy first: the requests under way still need the services.
    if (proxy !== undefined) {
      await drain(adminPort).catch(() => undefined);
      await stop(proxy);
    }
    await Promise.all(running.map(stop));
    process.exit(code);
  }
  const watch = (one) =>
    one.ended.then((how) => {
      if (ending) return;
      process.stderr.write(`${one.name} ${how}\n`);
      void end(1);
    });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => void end(0));
  onNpmEnd(() => void end(0));
  running.forEach(watch);

  const isOver = () => ending;
  try {
    for (const { name, port } of services) await waitFor(name, () => isListening(port), isOver);
    if (ending) return;
    proxy = startProxy(cli);
    watch(proxy);
    await waitFor('the proxy', () => isReady(adminPort), isOver);
    if (!ending) process.stdout.write(`\n${greeting}\n\n  Ctrl-C ends all of it.\n\n`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    killAll();
    process.exit(1);
  }
}
