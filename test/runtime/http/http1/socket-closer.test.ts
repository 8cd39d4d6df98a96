import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { connect, createServer } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { SocketCloser } from '../../../../runtime/http/http1/socket-closer.js';
import { WriteQueue } from '../../../../runtime/http/write-queue.js';
import { FakeClock } from '../../../support/fake-clock.js';

const nothing = (): void => undefined;

test('an abort closes the socket, also one whose half is being closed', async () => {
  for (const isEnding of [false, true]) {
    const server = createServer();
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const client = connect((server.address() as AddressInfo).port, '127.0.0.1').on('error', nothing);
    const [socket] = (await once(server, 'connection')) as [Socket];
    socket.on('error', nothing);
    const queue = new WriteQueue(socket, 0, { onAboveHighWatermark: nothing, onBelowLowWatermark: nothing });
    const closer = new SocketCloser(socket, queue, new FakeClock(), 0);
    const closed = once(socket, 'close');
    // The end is on its way to the kernel until the next turn of the event loop.
    if (isEnding) closer.flush();
    closer.abort();
    await closed;
    assert.is(socket.destroyed, true);
    client.destroy();
    server.close();
  }
});

test.run();
