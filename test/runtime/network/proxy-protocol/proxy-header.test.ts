import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ProxiedAddresses } from '../../../../runtime/network/proxy-protocol/proxy-header.js';
import { readProxyHeader } from '../../../../runtime/network/proxy-protocol/read-proxy-header.js';
import { proxyBinary, proxyLine } from '../../../../runtime/network/proxy-protocol/write-proxy-header.js';

const octets = (text: string): Buffer => Buffer.from(text, 'latin1');
const addresses: ProxiedAddresses = {
  remoteAddress: '192.0.2.1',
  remotePort: 4096,
  localAddress: '192.0.2.2',
  localPort: 80,
};
const nothing = (): void => undefined;

const port = fc.integer({ min: 0, max: 65535 });
const pair = fc
  .oneof(fc.tuple(fc.ipV4(), fc.ipV4()), fc.constant(['2001:db8::1', '::'] as const))
  .chain(([remoteAddress, localAddress]) =>
    fc.record(
      {
        remoteAddress: fc.constant(remoteAddress),
        localAddress: fc.constant(localAddress),
        remotePort: port,
        localPort: port,
      },
      { noNullPrototype: true },
    ),
  );
const tlvs = fc.array(
  fc.record(
    {
      type: fc.integer({ min: 0, max: 255 }),
      value: fc.uint8Array({ maxLength: 300 }).map((value) => Buffer.from(value)),
    },
    { noNullPrototype: true },
  ),
  { maxLength: 4 },
);

test('what is written is read, and nothing behind it is touched', () => {
  fc.assert(
    fc.property(pair, tlvs, fc.string(), (given, vectors, behind) => {
      const line = proxyLine(given);
      assert.equal(readProxyHeader(Buffer.concat([line, octets(behind)])), {
        version: 1,
        length: line.length,
        addresses: given,
        tlvs: [],
      });
      const binary = proxyBinary(given, vectors, nothing);
      assert.equal(readProxyHeader(Buffer.concat([binary, octets(behind)])), {
        version: 2,
        length: binary.length,
        addresses: given,
        tlvs: vectors,
      });
    }),
    { numRuns: 200 },
  );
});

test('half of a header asks for more, whatever half', () => {
  for (const whole of [
    proxyLine(addresses),
    proxyBinary(addresses, [{ type: 2, value: octets('name') }], nothing),
  ]) {
    for (let length = 1; length < whole.length; length++) {
      assert.is(readProxyHeader(whole.subarray(0, length)), 'more', `${length} of ${whole.length}`);
    }
  }
});

test('nothing that can come is more than a refusal', () => {
  const begun = fc.constantFrom(
    octets(''),
    octets('PROXY '),
    proxyBinary(addresses, [], nothing).subarray(0, 13),
  );
  fc.assert(
    fc.property(begun, fc.uint8Array({ maxLength: 200 }), (start, rest) => {
      const outcome = readProxyHeader(Buffer.concat([start, rest]));
      if (typeof outcome === 'object' && 'length' in outcome)
        assert.ok(outcome.length <= start.length + rest.length);
    }),
    { numRuns: 500 },
  );
});

test('version 1: what is no address, no port or no line', () => {
  const malformed = { malformed: 1 };
  for (const [line, outcome] of [
    ['PROXY TCP4 192.0.2.1 192.0.2.2 65536 80\r\n', malformed],
    ['PROXY TCP4 192.0.2.1 192.0.2.2 -1 80\r\n', malformed],
    ['PROXY TCP4 192.0.2.300 192.0.2.2 1 80\r\n', malformed],
    ['PROXY TCP4 ::1 ::2 1 80\r\n', malformed],
    ['PROXY TCP6 192.0.2.1 192.0.2.2 1 80\r\n', malformed],
    ['PROXY TCP4  192.0.2.1 192.0.2.2 1 80\r\n', malformed],
    ['PROXY TCP4 192.0.2.1 192.0.2.2 1 80 \r\n', malformed],
    ['PROXY UDP4 192.0.2.1 192.0.2.2 1 80\r\n', malformed],
    ['PROXY \r\n', malformed],
    [`PROXY UNKNOWN ${'x'.repeat(93)}\r\n`, malformed],
    [`PROXY UNKNOWN ${'x'.repeat(93)}`, 'more'],
    [`PROXY UNKNOWN ${'x'.repeat(94)}`, 'absent'],
    ['proxy TCP4', 'absent'],
    ['GET / HTTP/1.1', 'absent'],
  ] as const) {
    assert.equal(readProxyHeader(octets(line)), outcome, line);
  }
  const unknown = readProxyHeader(octets('PROXY UNKNOWN a b\r\nx'));
  assert.equal(unknown, { version: 1, length: 19, addresses: undefined, tlvs: [] });
});

test('version 2: LOCAL speaks for the proxy itself, other addresses are refused', () => {
  const whole = proxyBinary(addresses, [], nothing);
  const changed = (at: number, to: number): Buffer => {
    const copy = Buffer.from(whole);
    copy[at] = to;
    return copy;
  };
  assert.equal(readProxyHeader(changed(12, 0x20)), {
    version: 2,
    length: whole.length,
    addresses: undefined,
    tlvs: [],
  });
  assert.equal((readProxyHeader(changed(13, 0x12)) as { addresses: unknown }).addresses, addresses);
  for (const [at, to] of [
    [12, 0x11],
    [12, 0x22],
    [13, 0x00],
    [13, 0x10],
    [13, 0x13],
    [13, 0x31],
    [13, 0x41],
    [15, 11],
    [13, 0x21],
  ] as const) {
    assert.equal(readProxyHeader(changed(at, to)), { malformed: 2 }, `octet ${at} is ${to}`);
  }
});

test('addresses that are no IPs are not told', () => {
  const unix = { ...addresses, remoteAddress: '' };
  assert.is(proxyLine(unix).toString(), 'PROXY UNKNOWN\r\n');
  assert.is(proxyLine({ ...addresses, localAddress: '::1' }).toString(), 'PROXY UNKNOWN\r\n');
  assert.equal(proxyBinary(unix, [], nothing).subarray(12), Buffer.from([0x20, 0, 0, 0]));
});

test('vectors beyond the length of a header are left out, and somebody is told', () => {
  let told = 0;
  const value = Buffer.alloc(65535);
  const header = proxyBinary(addresses, [{ type: 1, value }], () => told++);
  assert.is(told, 1);
  assert.is(header.length, 28);
});

test.run();
