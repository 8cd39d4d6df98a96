/** Payloads, ranges of statuses, and the messages of gRPC checks: what is refused, and that nothing throws on answers. */
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  healthCheckRequest,
  readGrpcFrames,
  servingStatus,
} from '../../../../runtime/upstream/health-checking/grpc-health-message.js';
import { grpcTimeout } from '../../../../runtime/upstream/health-checking/grpc-probe.js';
import {
  containsInOrder,
  readPayload,
  readPayloads,
} from '../../../../runtime/upstream/health-checking/payload.js';
import { readStatusRanges } from '../../../../runtime/upstream/health-checking/status-ranges.js';
import { ConfigError } from '../../../../runtime/network/filter.js';

const refusedWith = (make: () => unknown, message: string, path: readonly (string | number)[]) => {
  try {
    make();
  } catch (error) {
    assert.instance(error, ConfigError);
    assert.is((error as ConfigError).message, message);
    assert.equal((error as ConfigError).path, path);
    return;
  }
  assert.unreachable('nothing was refused');
};

test('hexadecimal text and base64', () => {
  assert.equal(readPayload({ text: '00fF' }), Buffer.from([0, 255]));
  assert.equal(readPayload({ binary: 'aGk=' }), Buffer.from('hi'));
  refusedWith(() => readPayload({ text: 'xyz' }), "invalid hex string 'xyz'", ['text']);
  refusedWith(() => readPayloads([{ text: '00' }, { text: 'abc' }]), "invalid hex string 'abc'", [1, 'text']);
});

test('parts stand one after the other', () => {
  const parts = [Buffer.from('hi'), Buffer.from('ho')];
  assert.is(containsInOrder(Buffer.from('..hi..ho'), parts), true);
  assert.is(containsInOrder(Buffer.from('ho hi'), parts), false);
  assert.is(containsInOrder(Buffer.from('hiho'), [parts[0] as Buffer, parts[0] as Buffer]), false);
  assert.is(containsInOrder(Buffer.alloc(0), []), true);
});

test('what is put together out of parts contains them', () => {
  const part = fc.uint8Array({ minLength: 1, maxLength: 4 }).map((octets) => Buffer.from(octets));
  fc.assert(
    fc.property(fc.array(fc.tuple(part, part), { maxLength: 5 }), (pairs) =>
      containsInOrder(
        Buffer.concat(pairs.flat()),
        pairs.map(([, wanted]) => wanted),
      ),
    ),
  );
});

test('ranges of statuses are half open', () => {
  const isExpected = readStatusRanges(
    [
      { start: 200, end: 202 },
      { start: 404, end: '405' },
    ],
    'expected',
  );
  assert.equal([199, 200, 201, 202, 404, 405].map(isExpected), [false, true, true, false, true, false]);
  const refuse = (start: number, end: number, message: string) =>
    refusedWith(() => readStatusRanges([{ start, end }], 'retriable'), message, [0]);
  const prefix = 'Invalid http retriable status range: expecting';
  refuse(200, 200, `${prefix} start < end, but found start=200 and end=200`);
  refuse(99, 200, `${prefix} start >= 100, but found start=99`);
  refuse(200, 601, `${prefix} end <= 600, but found end=601`);
});

test('the request of gRPC names its service', () => {
  assert.is(healthCheckRequest('').toString('hex'), '0000000000');
  assert.is(healthCheckRequest('my.Service').toString('hex'), '000000000c0a0a6d792e53657276696365');
  const long = readGrpcFrames(healthCheckRequest('s'.repeat(300)));
  assert.is(long.messages[0]?.length, 303);
});

test('the status of an answer, behind fields that nobody knows', () => {
  assert.is(servingStatus(Buffer.from('0801', 'hex')), 1);
  assert.is(servingStatus(Buffer.alloc(0)), 0);
  assert.is(servingStatus(Buffer.from('1203616263' + '0802', 'hex')), 2);
  assert.is(servingStatus(Buffer.from('08ff', 'hex')), undefined);
  assert.is(servingStatus(Buffer.from('12ff01', 'hex')), undefined);
});

test('whatever octets come, they are read or refused', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (octets) => {
      const { messages, rest } = readGrpcFrames(Buffer.from(octets));
      const length = messages.reduce((sum, message) => sum + 5 + message.length, rest.length);
      assert.is(length, octets.length);
      const status = servingStatus(Buffer.from(octets));
      return status === undefined || status >= 0;
    }),
  );
});

test('the time-out of gRPC has eight digits', () => {
  assert.is(grpcTimeout(60_000), '60000m');
  assert.is(grpcTimeout(99_999_999), '99999999m');
  assert.is(grpcTimeout(100_000_000), '100000S');
  assert.is(grpcTimeout(1e12), '16666666M');
});

test.run();
