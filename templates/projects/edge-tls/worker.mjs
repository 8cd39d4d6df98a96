/**
 * A worker: `node worker.mjs 3` serves WebSockets on 127.0.3.3, registers itself, and takes itself out again before it
 * ends (Ctrl-C). Its open WebSockets get time to end by themselves.
 */
import { createServer } from 'node:https';
import { loadLibrary } from './runner/load-library.mjs';
import { backendTls } from './services/backend-tls.mjs';

const { env } = process;
const number = Number(process.argv[2] ?? 1);
if (!Number.isInteger(number) || number < 1 || number > 250) {
  process.stderr.write('node worker.mjs NUMBER, from 1 to 250\n');
  process.exit(2);
}
const name = `worker-${number}`;
const address = `127.0.3.${number}`;
const port = Number(env.WORKER_PORT ?? 9443);
const registration =
  env.WORKERS === 'files' ? './services/register-in-files.mjs' : './services/register-with-discovery.mjs';
const { deregister, register } = await import(registration);
const { WebSocketServer } = (await loadLibrary('ws')).default;

/** The edge asks each second who is there. */
const forgetMs = 1500;
/** For WebSockets that are open when the worker ends. */
const graceMs = 3000;

const server = createServer({ ...backendTls(), ALPNProtocols: ['http/1.1'] }, (request, response) => {
  response.end(request.url === '/healthz' ? 'ok\n' : `${name}: ${request.method} ${request.url}\n`);
});
const sockets = new WebSocketServer({ server });
sockets.on('connection', (socket) => {
  socket.on('message', (data) => socket.send(`${name}: ${data}`));
  socket.on('error', () => undefined);
});

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

let ending = false;
async function end() {
  if (ending) return;
  ending = true;
  try {
    await deregister({ name, address, port });
    process.stdout.write(`${name} takes no more connections\n`);
    await pause(forgetMs);
  } catch (error) {
    process.stderr.write(`${name} could not take itself out: ${error.message}\n`);
  }
  const deadline = Date.now() + graceMs;
  while (sockets.clients.size > 0 && Date.now() < deadline) await pause(50);
  for (const socket of sockets.clients) socket.close(1001, 'the worker ends');
  process.exit(0);
}
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => void end());

server.listen(port, address, async () => {
  try {
    await register({ name, address, port });
    process.stdout.write(`${name} serves on ${address}:${port}\n`);
  } catch (error) {
    process.stderr.write(`${error.message}\n`);
    process.exit(1);
  }
});
