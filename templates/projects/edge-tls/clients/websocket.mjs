/**
 * `node clients/websocket.mjs TEXT` opens a WebSocket to a worker, sends the text and prints what comes back.
 */
import { loadLibrary } from '../runner/load-library.mjs';
import { clientPem, edgePort, truststore } from './edge.mjs';

const { default: WebSocket } = await loadLibrary('ws');

/** @returns an open WebSocket */
export function openWebSocket() {
  const pem = clientPem();
  const socket = new WebSocket(`wss://localhost:${edgePort}/worker`, {
    ca: truststore(),
    cert: pem,
    key: pem,
    ALPNProtocols: ['http/1.1'],
  });
  return new Promise((done, fail) => socket.once('open', () => done(socket)).once('error', fail));
}

/** @returns the answer to a text. @throws when the WebSocket ends before */
export function say(socket, text) {
  return new Promise((done, fail) => {
    socket.once('message', (data) => done(String(data)));
    socket.once('close', (code) => fail(new Error(`the WebSocket ended (${code})`)));
    socket.send(text);
  });
}

if (process.argv[1]?.endsWith('websocket.mjs')) {
  try {
    const socket = await openWebSocket();
    process.stdout.write(`${await say(socket, process.argv.slice(2).join(' '))}\n`);
    socket.terminate();
  } catch (error) {
    process.stdout.write(`${error.message}\n`);
    process.exit(1);
  }
}
