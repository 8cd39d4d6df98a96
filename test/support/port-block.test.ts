import { createServer } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { takePorts } from './port-block.js';

test('no port is given twice while its block is held', async () => {
  const blocks = await Promise.all(Array.from({ length: 8 }, () => takePorts(['a', 'b'])));
  const ports = blocks.flatMap(({ ports: { a, b } }) => [a, b]);
  assert.is(new Set(ports).size, 16);
  await Promise.all(blocks.map((block) => block.release()));
});

test('a block with a port that somebody listens on is passed over', async () => {
  const first = await takePorts(['a', 'b']);
  const taken = createServer();
  await new Promise<void>((done) => taken.listen(Number(first.ports.b), '127.0.0.1', () => done()));
  await first.release();
  const second = await takePorts(['a', 'b']);
  assert.is.not(second.ports.a, first.ports.a);
  await Promise.all([second.release(), new Promise((done) => taken.close(done))]);
});

test('a block has an end', async () => {
  const names = Array.from({ length: 32 }, (_, index) => String(index));
  try {
    await takePorts(names);
    assert.unreachable();
  } catch (error) {
    assert.instance(error, RangeError);
  }
});

test.run();
