/**
 * Stands for Zipkin: keeps the names of the spans that it gets, and tells them on `/spans`.
 */
import { createServer } from 'node:http';

const names = [];

const server = createServer((request, response) => {
  if (request.method !== 'POST') {
    response.end(names.map((name) => `${name}\n`).join(''));
    return;
  }
  let body = '';
  request.setEncoding('utf8').on('data', (chunk) => {
    body += chunk;
  });
  request.on('end', () => {
    for (const { kind, tags } of JSON.parse(body)) names.push(`${kind} ${tags['http.url']}`);
    response.writeHead(202).end();
  });
});
server.listen(Number(process.env.COLLECTOR_PORT ?? 9411), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
