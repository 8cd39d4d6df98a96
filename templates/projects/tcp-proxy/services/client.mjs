/**
 * Sends each argument as a line, prints the answers: `node services/client.mjs hello`.
 */
import { connect } from 'node:net';

const lines = process.argv.slice(2);
const socket = connect(Number(process.env.PORT ?? 15432), '127.0.0.1');
socket.on('error', ({ message }) => {
  process.stderr.write(`no connection: ${message}\n`);
  process.exitCode = 1;
});
socket.pipe(process.stdout);
// Ends its own side; the answers still come.
socket.end(lines.map((line) => `${line}\n`).join(''));
