/**
 * Says each argument in the chat, prints what it hears until it has heard as much: `node services/client.mjs hello`.
 */
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { close, encodeFrame, frameReader, text } from './frames.mjs';

const words = process.argv.slice(2);
const headers = {
  connection: 'upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': randomBytes(16).toString('base64'),
};
const port = Number(process.env.PORT ?? 10000);
const path = process.env.CHAT_PATH ?? '/chat';
const asked = request({ host: '127.0.0.1', port, path, headers });
asked.on('upgrade', (_response, socket, head) => {
  let heard = 0;
  const say = (opcode, payload) => socket.write(encodeFrame(opcode, payload, randomBytes(4)));
  const read = frameReader((opcode, payload) => {
    if (opcode === close) socket.end();
    if (opcode !== text) return;
    process.stdout.write(`${payload}\n`);
    if (++heard === words.length) say(close, Buffer.alloc(0));
  });
  socket.on('data', read);
  read(head);
  for (const word of words) say(text, Buffer.from(word));
});
asked.on('response', (response) => {
  process.stdout.write(`no upgrade: ${response.statusCode}\n`);
  response.resume();
});
asked.on('error', ({ message }) => {
  process.stderr.write(`no connection: ${message}\n`);
  process.exitCode = 1;
});
asked.end();
