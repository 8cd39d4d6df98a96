import type { Server, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { connect } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { sendBody, stalledMs } from '../../../../runtime/discovery/http/send-body.js';
import { FakeClock } from '../../../support/fake-clock.js';

async function withBody(
  size: number,
  use: (url: { readonly port: number }, clock: FakeClock, replied: Promise<ServerResponse>) => Promise<void>,
): Promise<void> {
  const clock = new FakeClock();
  let tell: (response: ServerResponse) => void = () => {};
  const replied = new Promise<ServerResponse>((done) => {
    tell = done;
  });
  const server: Server = createServer((_request, response) => {
    response.writeHead(200, { 'Content-Length': size });
    sendBody(response, Buffer.alloc(size, 97), clock);
    tell(response);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  try {
    await use(server.address() as { port: number }, clock, replied);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

test('who reads gets all of it, in pieces or whole, and no timer is left', async () => {
  for (const size of [0, 1, 65_536, 65_537, 9_000_000]) {
    await withBody(size, async ({ port }, clock) => {
      const text = await (await fetch(`http://127.0.0.1:${port}/`)).text();
      assert.is(text.length, size);
      assert.is(clock.timers, 0);
    });
  }
});

test('who takes nothing for half a minute is cut off', () =>
  withBody(64_000_000, async ({ port }, clock, replied) => {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.pause();
    socket.write('GET / HTTP/1.1\r\nhost: localhost\r\n\r\n');
    const response = await replied;
    const closed = new Promise<void>((done) => response.once('close', () => done()));
    // The buffers of the system fill up first, each piece with a timer of its own; then nothing moves any more.
    const cut = async (): Promise<void> => {
      while (!response.destroyed) {
        await new Promise((done) => setImmediate(done));
        clock.advance(stalledMs);
      }
    };
    await Promise.all([closed, cut()]);
    assert.not(response.writableFinished);
    assert.is(clock.timers, 0);
    socket.destroy();
  }));

test.run();
