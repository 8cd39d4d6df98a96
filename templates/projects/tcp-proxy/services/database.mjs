/**
 * Stands for a database: answers each line with its name and the line.
 */
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';

const name = process.env.DATABASE_NAME ?? 'primary';

const server = createServer((socket) => {
  socket.on('error', () => undefined);
  createInterface({ input: socket }).on('line', (line) => socket.write(`${name}: ${line}\n`));
});
server.listen(Number(process.env.DATABASE_PORT ?? 15433), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
