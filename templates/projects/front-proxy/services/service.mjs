/**
 * The app: says who it is. It knows nothing of proxies or discovery.
 * INSTANCE_NAME, INSTANCE_ADDRESS and APP_PORT are its settings.
 */
import { createServer } from 'node:http';

const name = process.env.INSTANCE_NAME ?? 'service1-1';
const address = process.env.INSTANCE_ADDRESS ?? '127.0.1.1';
const port = Number(process.env.APP_PORT ?? 8081);
const number = /^service(\d+)/.exec(name)?.[1] ?? name;

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  const hello = `Hello from behind Envoy (service ${number})! hostname: ${name} resolvedhostname: ${address}\n`;
  const [status, text] =
    pathname === '/healthcheck'
      ? [200, 'ok\n']
      : pathname === `/service/${number}`
        ? [200, hello]
        : [404, `service ${number} has no ${pathname}\n`];
  response.writeHead(status, {
    'content-type': 'text/html; charset=utf-8',
    'content-length': Buffer.byteLength(text),
  });
  response.end(text);
});

server.listen(port, address);

// The requests that it has are finished; connections without one are closed.
process.on('SIGTERM', () => server.close(() => process.exit(0)));
