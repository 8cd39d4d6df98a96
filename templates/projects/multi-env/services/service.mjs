/**
 * A service that says who it is and what it was asked for.
 */
import { createServer } from 'node:http';

const name = process.env.SERVICE_NAME ?? 'api';

const server = createServer((request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.end(`${name}: ${request.url}\n`);
});
server.listen(Number(process.env.SERVICE_PORT ?? 9090), '127.0.0.1');
process.on('SIGTERM', () => server.close(() => process.exit(0)));
