import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { PassThrough } from 'node:stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { endConnection } from '../../../runtime/network/end-connection.js';

/** Ends what a server has accepted. @returns how the client sees it */
async function seen(
  prepare: (socket: Socket, client: Socket) => Promise<void>,
  how: 'now' | 'reset',
): Promise<string> {
  const server = createServer({ allowHalfOpen: true });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const outcome = new Promise<string>((done) => {
    client.on('error', ({ code }: NodeJS.ErrnoException) => done(code ?? ''));
    client.on('end', () => done('end'));
  });
  const [socket] = (await once(server, 'connection')) as [Socket];
  socket.on('error', () => undefined);
  await prepare(socket, client);
  const closed = once(socket, 'close');
  endConnection(socket, how);
  await closed;
  client.resume();
  const found = await outcome;
  client.destroy();
  server.close();
  return found;
}

const nothing = async (): Promise<void> => undefined;

test('a connection ends as asked', async () => {
  assert.is(await seen(nothing, 'now'), 'end');
  assert.is(await seen(nothing, 'reset'), 'ECONNRESET');
});

test('what was read ahead and by nobody makes the end a reset, as in the kernel', async () => {
  const unread = async (socket: Socket, client: Socket): Promise<void> => {
    client.write('x');
    while (socket.readableLength === 0) await new Promise((done) => setImmediate(done));
  };
  assert.is(await seen(unread, 'now'), 'ECONNRESET');
});

test('a socket whose half is being closed is closed, too', async () => {
  const ending = async (socket: Socket): Promise<void> => {
    // On its way to the kernel until the next turn of the event loop.
    socket.end();
  };
  // The kernel decides what the client sees; that the socket is closed is what `seen` waits for.
  assert.ok(['end', 'ECONNRESET'].includes(await seen(ending, 'reset')));
});

test('what is no socket is destroyed, and nothing twice', () => {
  const stream = new PassThrough();
  endConnection(stream, 'reset');
  assert.is(stream.destroyed, true);
  endConnection(stream, 'now');
});

test.run();
