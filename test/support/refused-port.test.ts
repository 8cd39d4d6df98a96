import { connect, createServer } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { refusedPort } from './refused-port.js';

const codeOf = (task: { once(event: 'error', done: (error: NodeJS.ErrnoException) => void): unknown }) =>
  new Promise<string | undefined>((done) => task.once('error', ({ code }) => done(code)));

test('it refuses, and cannot be taken', async () => {
  const port = await refusedPort();
  assert.is(await codeOf(connect(port, '127.0.0.1')), 'ECONNREFUSED');
  assert.is(await codeOf(createServer().listen(port, '127.0.0.1')), 'EADDRINUSE');
});

test.run();
