/**
 * APIs that gRPC cannot reach, to see what that looks like. On OLD_API_PORT one that agrees upon HTTP/1.1 alone; on
 * SILENT_API_PORT one that does not take part in ALPN and speaks HTTP/1.1.
 */
import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:https';
import { createServer as createTlsServer } from 'node:tls';
import { backendTls } from './backend-tls.mjs';

const { env } = process;

function answer(_request, response) {
  response.end('HTTP/1.1 here\n');
}

const old = createServer({ ...backendTls(), ALPNProtocols: ['http/1.1'] }, answer);
const plain = createHttpServer(answer);
const silent = createTlsServer(backendTls(), (socket) => plain.emit('connection', socket));
old.listen(Number(env.OLD_API_PORT ?? 9451), '127.0.0.1');
silent.listen(Number(env.SILENT_API_PORT ?? 9452), '127.0.0.1');
for (const server of [old, silent, plain]) {
  server.on('tlsClientError', () => undefined);
  server.on('clientError', (_error, socket) =>
    socket.end('HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n'),
  );
}
process.on('SIGTERM', () => process.exit(0));
