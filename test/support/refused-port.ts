/**
 * A port that refuses connections for as long as this process lives. A port that was found free and given back may be
 * somebody else's a moment later; this one is the local end of a connection, so nobody else gets it to listen on.
 */
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';

export async function refusedPort(): Promise<number> {
  const server = createServer((socket) => socket.unref());
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  server.unref();
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  await new Promise<void>((done, fail) => socket.once('connect', done).once('error', fail));
  socket.on('error', () => undefined).unref();
  return socket.localPort as number;
}
