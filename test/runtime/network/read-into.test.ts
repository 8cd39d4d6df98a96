import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { PassThrough } from 'node:stream';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { copyOctets } from '../../../runtime/network/octet-buffers.js';
import { readInto } from '../../../runtime/network/read-into.js';

/** A client and the socket that a server has accepted for it. */
async function accepted(use: (client: Socket, socket: Socket) => Promise<void>): Promise<void> {
  const server = createServer({ allowHalfOpen: true });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const client = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = (await once(server, 'connection')) as [Socket];
  try {
    await use(client, socket);
  } finally {
    client.destroy();
    socket.destroy();
    server.close();
  }
}

test('what was read before comes first, then everything else, then the end', async () => {
  await accepted(async (client, socket) => {
    client.write('before ');
    while (socket.readableLength === 0) await new Promise((done) => setImmediate(done));
    let received = '';
    const add = (octets: Buffer): void => {
      received += octets.toString();
    };
    assert.is(readInto(socket, add, add), true);
    assert.is(received, 'before ');
    socket.resume();
    client.write('then ');
    client.end('after');
    await once(socket, 'end');
    assert.is(received, 'before then after');
  });
});

test('a paused socket reads nothing until it is resumed', async () => {
  await accepted(async (client, socket) => {
    let received = 0;
    const add = (octets: Buffer): void => {
      received += octets.length;
      if (received > 100_000) socket.pause();
    };
    assert.is(readInto(socket, add, add), true);
    socket.resume();
    client.end(Buffer.alloc(10_000_000));
    while (!socket.isPaused()) await new Promise((done) => setImmediate(done));
    const before = received;
    for (let turn = 0; turn < 20; turn++) await new Promise((done) => setImmediate(done));
    assert.is(received, before);
    const ended = once(socket, 'end');
    socket.on('pause', () => socket.resume());
    socket.resume();
    await ended;
    assert.is(received, 10_000_000);
  });
});

test('a socket that others listen to, and what is no socket of TCP, is left alone', async () => {
  await accepted(async (_client, socket) => {
    const never = (): void => assert.unreachable();
    socket.once('readable', () => undefined);
    assert.is(readInto(socket, never, never), false);
    assert.is(readInto(new PassThrough(), never, never), false);
  });
});

test('big buffers are used again once they are released, small ones are not kept', () => {
  const big = Buffer.alloc(20_000, 'a');
  const first = copyOctets(big);
  assert.equal(first.octets, big);
  first.release?.();
  const second = copyOctets(Buffer.alloc(20_000, 'b'));
  assert.is(second.octets.buffer, first.octets.buffer);
  const third = copyOctets(big);
  assert.is.not(third.octets.buffer, second.octets.buffer);
  assert.is(copyOctets(Buffer.from('small')).release, undefined);
});

test.run();
