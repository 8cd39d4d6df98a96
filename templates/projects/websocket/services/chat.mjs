/**
 * The chat: what one client says, all of them hear. Plain requests get a page.
 */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { close, encodeFrame, frameReader, text } from './frames.mjs';

/** Of RFC 6455, section 1.3. */
const suffix = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const clients = new Set();

const server = createServer((request, response) => {
  const isChat = request.url === '/chat';
  response.writeHead(isChat ? 426 : 200, {
    'content-type': 'text/plain',
    ...(isChat ? { upgrade: 'websocket', connection: 'upgrade' } : {}),
  });
  response.end(isChat ? 'speak WebSocket\n' : 'The chat is at /chat.\n');
});

server.on('upgrade', (request, socket) => {
  const accept = createHash('sha1')
    .update(`${request.headers['sec-websocket-key']}${suffix}`)
    .digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-accept: ${accept}\r\n\r\n`,
  );
  clients.add(socket);
  const read = frameReader((opcode, payload) => {
    if (opcode === text) for (const one of clients) one.write(encodeFrame(text, payload));
    else if (opcode === close) socket.end(encodeFrame(close, payload));
  });
  socket.on('data', read);
  socket.on('error', () => undefined);
  socket.on('close', () => clients.delete(socket));
});

server.listen(Number(process.env.CHAT_PORT ?? 9090), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
