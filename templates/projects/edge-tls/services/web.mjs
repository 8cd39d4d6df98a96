/**
 * The web UI: HTTP/1.1 over TLS.
 */
import { createServer } from 'node:https';
import { backendTls } from './backend-tls.mjs';

const server = createServer({ ...backendTls(), ALPNProtocols: ['http/1.1'] }, (request, response) => {
  const text = `web: ${request.method} ${request.url}\n`;
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(text) });
  response.end(text);
});
server.listen(Number(process.env.WEB_PORT ?? 9441), '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
