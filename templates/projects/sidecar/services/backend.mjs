/**
 * The backend: BACKEND_TLS=certificate.pem makes it speak TLS. `/slow` answers after a second. `/healthz` says whether it
 * is well, which `/fail` and `/recover` change.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

const name = process.env.BACKEND_NAME ?? 'backend';
const pem = process.env.BACKEND_TLS ? readFileSync(process.env.BACKEND_TLS) : undefined;
const slowMs = 1000;
let isWell = true;

function answer(request, response) {
  const send = (status, text) => {
    response.writeHead(status, { 'content-type': 'text/plain', 'content-length': Buffer.byteLength(text) });
    response.end(text);
  };
  const hello = () => send(200, `Hello from ${name}!\n`);
  if (request.url === '/healthz') send(isWell ? 200 : 503, isWell ? 'ok\n' : 'not well\n');
  else if (request.url === '/slow') setTimeout(hello, slowMs);
  else if (request.url === '/fail' || request.url === '/recover') {
    isWell = request.url === '/recover';
    hello();
  } else hello();
}

const server = pem ? createTlsServer({ cert: pem, key: pem }, answer) : createServer(answer);
server.listen(Number(process.env.BACKEND_PORT ?? 9090), '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
