import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readConsulName, readReverseName } from '../../../../runtime/discovery/dns/consul-name.js';
import { labelText } from '../../../../runtime/network/dns/name.js';

const read = (name: string, srv = false) => readConsulName(name, 'consul', 'dc1', srv);
const nothing = { kind: 'nothing' };
const web = (tag?: string) => ({ kind: 'service', service: 'web', tag });

const names: readonly (readonly [string, unknown])[] = [
  ['web.service.consul', web()],
  ['web.service.consul.', web()],
  ['WEB.Service.CONSUL', web()],
  ['web.service.dc1.consul', web()],
  ['web.service.dc1.dc.consul', web()],
  ['v1.web.service.consul', web('v1')],
  ['a.b.web.service.consul', web('a.b')],
  ['_web._tcp.service.consul', web()],
  ['_web._udp.service.consul', web('udp')],
  ['_web._v1.service.dc1.consul', web('v1')],
  ['web.service.dc2.consul', nothing],
  ['web.service.dc1.extra.consul', nothing],
  ['web.service.peer1.peer.consul', nothing],
  ['service.consul', nothing],
  ['consul', nothing],
  ['web.consul', nothing],
  ['_web._tcp.consul', nothing],
  ['web.connect.consul', nothing],
  ['n1.node.consul', { kind: 'node', node: 'n1' }],
  ['a.b.node.dc1.consul', { kind: 'node', node: 'a.b' }],
  ['n1.node.dc2.consul', nothing],
  ['node.consul', nothing],
  ['7F000001.addr.consul', { kind: 'address', address: '127.0.0.1' }],
  ['7f000001.addr.dc9.consul', { kind: 'address', address: '127.0.0.1' }],
  ['fd000000000000000000000000000006.addr.consul', { kind: 'address', address: 'fd00::6' }],
  ['7f0000.addr.consul', nothing],
  ['zz000001.addr.consul', nothing],
  ['a.7f000001.addr.consul', nothing],
  ['example.com', undefined],
  ['notconsul', undefined],
  ['consul.example.com', undefined],
  ['', undefined],
];

for (const [name, expected] of names) {
  test(`'${name}'`, () => {
    assert.equal(read(name), expected);
  });
}

test("a question for SRV may leave '.service' out", () => {
  assert.equal(read('_web._tcp.consul', true), web());
  assert.equal(read('_web._v1.dc1.consul', true), web('v1'));
  assert.equal(read('_web._tcp.dc2.consul', true), nothing);
  assert.equal(read('web._tcp.consul', true), nothing);
});

test('reverse names', () => {
  assert.is(readReverseName('1.0.0.127.in-addr.arpa'), '127.0.0.1');
  assert.is(readReverseName('256.0.0.127.in-addr.arpa'), undefined);
  assert.is(readReverseName('0.0.127.in-addr.arpa'), undefined);
  const nibbles = `6${'.0'.repeat(29)}.d.f`.slice(0, 63);
  assert.is(readReverseName(`${nibbles}.ip6.arpa.`), 'fd00::6');
});

test('any name is read without an error', () => {
  const label = fc
    .oneof(
      fc.constantFrom('service', 'node', 'addr', 'consul', 'dc1', '_tcp', 'web'),
      fc.uint8Array({ minLength: 1, maxLength: 12 }).map((octets) => Buffer.from(octets).toString('latin1')),
    )
    .map(labelText);
  fc.assert(
    fc.property(fc.array(label, { maxLength: 7 }), fc.boolean(), (labels, srv) => {
      const inside = read([...labels, 'consul'].join('.'), srv);
      assert.ok(['service', 'node', 'address', 'nothing'].includes(inside?.kind ?? ''));
    }),
  );
});

test.run();
