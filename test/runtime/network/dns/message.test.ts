import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeMessage } from '../../../../runtime/network/dns/decode.js';
import { encodeMessage } from '../../../../runtime/network/dns/encode.js';
import { ipOctets, ipText } from '../../../../runtime/network/dns/ip-octets.js';
import type { DnsMessage, ResourceRecord } from '../../../../runtime/network/dns/message.js';
import { DnsFormatError, message } from '../../../../runtime/network/dns/message.js';
import { labelText } from '../../../../runtime/network/dns/name.js';

const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);
const label = fc
  .uint8Array({ minLength: 1, maxLength: 20 })
  .map((octets) => labelText(Buffer.from(octets).toString('latin1')));
const plain = fc.constantFrom('web', 'WEB', 'service', 'consul', '_tcp');
const name = fc.array(fc.oneof(plain, label), { maxLength: 6 }).map((labels) => labels.join('.'));
const bytes = (max: number) => fc.uint8Array({ maxLength: max });
const v4 = fc.uint8Array({ minLength: 4, maxLength: 4 }).map(ipText);
const v6 = fc.uint8Array({ minLength: 16, maxLength: 16 }).map(ipText);
const head = { name, class: u16, ttl: u32 };
const record: fc.Arbitrary<ResourceRecord> = fc.oneof(
  fc.record({ ...head, type: fc.constant('A' as const), address: v4 }),
  fc.record({ ...head, type: fc.constant('AAAA' as const), address: v6 }),
  fc.record({
    ...head,
    type: fc.constantFrom('CNAME' as const, 'NS' as const, 'PTR' as const),
    target: name,
  }),
  fc.record({
    ...head,
    type: fc.constant('SRV' as const),
    priority: u16,
    weight: u16,
    port: u16,
    target: name,
  }),
  fc.record({ ...head, type: fc.constant('TXT' as const), texts: fc.array(bytes(255), { maxLength: 3 }) }),
  fc.record({
    ...head,
    type: fc.constant('SOA' as const),
    primary: name,
    mailbox: name,
    serial: u32,
    refresh: u32,
    retry: u32,
    expire: u32,
    minimum: u32,
  }),
  fc.record({ ...head, type: fc.constantFrom('TYPE65' as const, 'TYPE257' as const), data: bytes(40) }),
);
const flag = fc.boolean();
const anyMessage: fc.Arbitrary<DnsMessage> = fc.record({
  id: u16,
  response: flag,
  opcode: fc.nat(15),
  authoritative: flag,
  truncated: flag,
  recursionDesired: flag,
  recursionAvailable: flag,
  authenticData: flag,
  checkingDisabled: flag,
  rcode: fc.nat(15),
  questions: fc.array(
    fc.record({ name, type: fc.constantFrom('A', 'SRV', 'ANY', 'TYPE65') as fc.Arbitrary<'A'>, class: u16 }),
    { maxLength: 2 },
  ),
  answers: fc.array(record, { maxLength: 5 }),
  authorities: fc.array(record, { maxLength: 2 }),
  additionals: fc.array(record, { maxLength: 3 }),
  edns: fc.option(
    fc.record({
      udpSize: u16,
      version: fc.nat(255),
      dnssecOk: flag,
      extendedRcode: fc.nat(255),
      options: fc.array(fc.record({ code: u16, data: bytes(20) }), { maxLength: 2 }),
    }),
    { nil: undefined },
  ),
});

test('any message survives the wire, compressed or not', () => {
  fc.assert(
    fc.property(anyMessage, flag, (original, compress) => {
      assert.equal(decodeMessage(encodeMessage(original, { compress })), structuredClone(original));
    }),
    { numRuns: 300 },
  );
});

test('compression never makes a message longer', () => {
  fc.assert(
    fc.property(anyMessage, (original) => {
      assert.ok(encodeMessage(original).length <= encodeMessage(original, { compress: false }).length);
    }),
  );
});

test('random and mutilated octets are read or refused, never anything else', () => {
  const check = (octets: Uint8Array): void => {
    try {
      decodeMessage(octets);
    } catch (error) {
      assert.instance(error, DnsFormatError);
    }
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), check), { numRuns: 500 });
  fc.assert(
    fc.property(anyMessage, fc.nat(), fc.nat(255), (original, where, value) => {
      const octets = encodeMessage(original);
      octets[where % octets.length] = value;
      check(octets);
      check(octets.subarray(0, where % octets.length));
    }),
    { numRuns: 500 },
  );
});

test('D05 a pointer to itself or forward is refused', () => {
  const header = [0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0];
  for (const pointer of [12, 14, 200]) {
    assert.throws(
      () => decodeMessage(Uint8Array.from([...header, 0xc0, pointer, 0, 1, 0, 1])),
      /does not point back/,
    );
  }
});

test('a name in full case writes the octets of RFC 1035', () => {
  const octets = encodeMessage(
    message({ id: 0x1234, recursionDesired: true, questions: [{ name: 'Web.consul', type: 'A', class: 1 }] }),
  );
  assert.is(octets.toString('hex'), '12340100000100000000000003576562' + '06636f6e73756c0000010001');
});

test('addresses are written as RFC 5952 wants', () => {
  for (const [given, text] of [
    ['FD00:0:0:0:0:0:0:1', 'fd00::1'],
    ['::', '::'],
    ['::ffff:1.2.3.4', '::ffff:1.2.3.4'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7'],
    ['10.0.0.1', '10.0.0.1'],
  ] as const) {
    assert.is(ipText(ipOctets(given)!), text);
  }
  assert.is(ipOctets('fe80::1%eth0'), undefined);
  assert.is(ipOctets('256.1.1.1'), undefined);
});

test.run();
