import type { RemoteInfo } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { answerDatagrams } from '../../../../runtime/discovery/dns/answer-datagrams.js';
import { FakeClock } from '../../../support/fake-clock.js';

const from = (port: number): RemoteInfo => ({ address: '127.0.0.1', family: 'IPv4', port, size: 1 });

/** A socket of the system to which packets come that the system would not make. */
async function withSocket(
  more: { readonly reply?: Promise<Buffer>; readonly maxQueriesPerSecond?: number },
  use: (rig: {
    readonly come: (from: RemoteInfo) => void;
    readonly asked: () => number;
    readonly received: Promise<number>;
    readonly port: number;
    readonly stop: () => void;
  }) => Promise<void>,
): Promise<void> {
  const socket = createSocket('udp4');
  const client = createSocket('udp4');
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  await new Promise<void>((done) => client.bind(0, '127.0.0.1', done));
  let count = 0;
  const { reply = Buffer.from('reply'), ...rest } = more;
  const stop = answerDatagrams(socket, {
    responder: {
      reply() {
        count++;
        return reply;
      },
    },
    clock: new FakeClock(),
    ...rest,
  });
  const received = new Promise<number>((done) => client.once('message', () => done(count)));
  try {
    await use({
      come: (remote) => void socket.emit('message', Buffer.from('question'), remote),
      asked: () => count,
      received,
      port: client.address().port,
      stop,
    });
  } finally {
    socket.close();
    client.close();
  }
}

test('a packet from port 0 gets no answer, and the next one does', () =>
  withSocket({}, async ({ come, asked, received, port }) => {
    come(from(0));
    assert.is(asked(), 0);
    come(from(port));
    assert.is(await received, 1);
  }));

test('further questions of one address in a second are not even read', () =>
  withSocket({ maxQueriesPerSecond: 2 }, async ({ come, asked, port }) => {
    for (let n = 0; n < 5; n++) come(from(port));
    assert.is(asked(), 2);
  }));

test('an answer that comes after the end is not sent', async () => {
  let answer: (reply: Buffer) => void = () => {};
  const reply = new Promise<Buffer>((done) => {
    answer = done;
  });
  await withSocket({ reply }, async ({ come, stop, port }) => {
    come(from(port));
    stop();
    answer(Buffer.from('late'));
    await reply;
  });
  // The socket is closed here: sending on it would have thrown into nobody's hands.
  await new Promise((done) => setImmediate(done));
});

test.run();
