/**
 * The backend: BACKEND_TLS=certificate.pem makes it speak TLS. `/slow` answers after a second, `/healthz` says that it
 * is well.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

const name = process.env.BACKEND_NAME ?? 'backend';
const pem = process.env.BACKEND_TLS ? readFileSync(process.env.BACKEND_TLS) : undefined;

function answer(request, response) {
  const text = request.url === '/healthz' ? 'ok\n' : `Hello from ${name}!\n`;
  const send = () => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  };
  if (request.url === '/slow') setTimeout(send, 1000);
  else send();
}

const server = pem ? createTlsServer({ cert: pem, key: pem }, answer) : createServer(answer);
server.listen(Number(process.env.BACKEND_PORT ?? 9090), '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
