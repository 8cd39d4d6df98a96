import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Directory, ServiceEndpoint } from '../../../../runtime/discovery/dns/directory.js';
import { consulDnsDefaults, dnsConfig } from '../../../../runtime/discovery/dns/dns-config.js';
import type { Transport } from '../../../../runtime/discovery/dns/reply.js';
import { createResponder } from '../../../../runtime/discovery/dns/reply.js';
import { createZone } from '../../../../runtime/discovery/dns/zone.js';
import { decodeMessage } from '../../../../runtime/network/dns/decode.js';
import { encodeMessage } from '../../../../runtime/network/dns/encode.js';
import type { DnsMessage, RecordTypeName } from '../../../../runtime/network/dns/message.js';
import { message, rcodes } from '../../../../runtime/network/dns/message.js';

function endpoint(address: string, more: Partial<ServiceEndpoint> = {}): ServiceEndpoint {
  return { address, node: { name: 'n1', address: '127.0.0.1' }, port: 80, weight: 1, ...more };
}

const many = (count: number) => Array.from({ length: count }, (_, at) => endpoint(`10.0.0.${at + 1}`));

const services: Readonly<Record<string, readonly ServiceEndpoint[]>> = {
  web: [
    endpoint('10.0.0.1', { port: 8080, weight: 10 }),
    endpoint('10.0.0.2', { port: 8081, weight: 5 }),
    endpoint('10.0.0.2', { port: 8082 }),
  ],
  own: [endpoint('', { port: 9 })],
  six: [endpoint('fd00::6')],
  dual: [endpoint('10.3.0.1', { addressV4: '10.3.0.4', addressV6: 'fd00::31' })],
  alias: [endpoint('web.service.consul')],
  away: [endpoint('backend.example.com', { port: 443 })],
  loop: [endpoint('loop.service.consul')],
  long: [endpoint(`${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(63)}.example`)],
  n30: many(30),
  n80: many(80),
};

const directory: Directory = {
  datacenter: 'dc1',
  self: { name: 'n1', address: '127.0.0.1' },
  service: (name, tag) => (tag === undefined || tag === 'v1' ? (services[name] ?? []) : []),
  node: (name) => (name === 'n1' ? { name: 'n1', address: '127.0.0.1' } : undefined),
  reverse(address) {
    if (address === '127.0.0.1') return { kind: 'node', name: 'n1' };
    return address === '10.0.0.1' ? { kind: 'service', name: 'web' } : undefined;
  },
  query: () => undefined,
  serviceVersion: () => 1,
  nodeVersion: () => 1,
};

const responderFor = (options = {}, random: () => number = () => 0) =>
  createResponder({
    zone: createZone({ directory, config: dnsConfig(options), wallTime: () => 5_000 }),
    random,
  });
const responder = responderFor();
const replyTo = (octets: Buffer, transport: Transport, by = responder): Buffer | undefined => {
  const reply = by.reply(octets, transport);
  assert.not.instance(reply, Promise);
  return reply as Buffer | undefined;
};

interface Asking {
  readonly edns?: number;
  readonly transport?: 'udp' | 'tcp';
  readonly by?: typeof responder;
  readonly query?: Partial<DnsMessage>;
}

function octetsOf(name: string, type: RecordTypeName, { edns, query }: Asking = {}): Buffer {
  return encodeMessage(
    message({
      id: 77,
      recursionDesired: true,
      questions: [{ name, type, class: 1 }],
      edns:
        edns === undefined
          ? undefined
          : { udpSize: edns, version: 0, dnssecOk: false, extendedRcode: 0, options: [] },
      ...query,
    }),
  );
}

function ask(name: string, type: RecordTypeName, asking: Asking = {}): DnsMessage & { size: number } {
  const reply = replyTo(octetsOf(name, type, asking), asking.transport ?? 'udp', asking.by);
  assert.ok(reply, 'no reply');
  return { ...decodeMessage(reply as Buffer), size: (reply as Buffer).length };
}

/** Records as short words, sorted: their order is random. */
function words(records: DnsMessage['answers']): string[] {
  return records
    .map((record) => {
      const value =
        'address' in record
          ? record.address
          : record.type === 'SRV'
            ? `${record.priority} ${record.weight} ${record.port} ${record.target}`
            : 'target' in record
              ? record.target
              : '';
      return `${record.name} ${record.type} ${value}`.trim();
    })
    .sort();
}

const soa = ['consul SOA'];

test('addresses of a service: each once, in the name as it was asked', () => {
  const reply = ask('Web.service.CONSUL', 'A');
  assert.equal(words(reply.answers), ['Web.service.CONSUL A 10.0.0.1', 'Web.service.CONSUL A 10.0.0.2']);
  assert.is(reply.id, 77);
  assert.ok(reply.response && reply.authoritative && reply.recursionDesired);
  assert.not(reply.recursionAvailable || reply.truncated);
  assert.is(reply.answers[0]?.ttl, 0);
  assert.is(reply.edns, undefined);
});

test('SRV: port and weight, with the address of each target', () => {
  const reply = ask('_web._tcp.service.consul', 'SRV');
  assert.equal(words(reply.answers), [
    '_web._tcp.service.consul SRV 1 1 8082 0a000002.addr.dc1.consul',
    '_web._tcp.service.consul SRV 1 10 8080 0a000001.addr.dc1.consul',
    '_web._tcp.service.consul SRV 1 5 8081 0a000002.addr.dc1.consul',
  ]);
  assert.equal(words(reply.additionals), [
    '0a000001.addr.dc1.consul A 10.0.0.1',
    '0a000002.addr.dc1.consul A 10.0.0.2',
  ]);
  assert.equal(words(ask('own.service.consul', 'SRV').answers), [
    'own.service.consul SRV 1 1 9 n1.node.dc1.consul',
  ]);
  assert.equal(words(ask('away.service.consul', 'SRV').answers), [
    'away.service.consul SRV 1 1 443 backend.example.com',
  ]);
});

test('families: what a service has, else no data with the SOA', () => {
  assert.equal(words(ask('dual.service.consul', 'A').answers), ['dual.service.consul A 10.3.0.4']);
  assert.equal(words(ask('dual.service.consul', 'AAAA').answers), ['dual.service.consul AAAA fd00::31']);
  const none = ask('six.service.consul', 'A');
  assert.is(none.rcode, rcodes.NOERROR);
  assert.equal(none.answers, []);
  assert.equal(words(none.authorities), soa);
});

test('host names are CNAMEs, followed inside the zone and not for ever', () => {
  assert.equal(words(ask('away.service.consul', 'A').answers), [
    'away.service.consul CNAME backend.example.com',
  ]);
  assert.equal(words(ask('alias.service.consul', 'A').answers), [
    'alias.service.consul CNAME web.service.consul',
    'web.service.consul A 10.0.0.1',
    'web.service.consul A 10.0.0.2',
  ]);
  assert.ok(ask('loop.service.consul', 'A').answers.length < 6);
});

test('D08 what is not there: NXDOMAIN with the SOA; outside of the zone: REFUSED', () => {
  for (const name of [
    'nobody.service.consul',
    'x.web.service.consul',
    'x.node.consul',
    'consul',
    'x.consul',
  ]) {
    const reply = ask(name, 'A');
    assert.is(reply.rcode, rcodes.NXDOMAIN, name);
    assert.equal(words(reply.authorities), soa);
    assert.ok(reply.authoritative);
  }
  const other = ask('example.com', 'A');
  assert.is(other.rcode, rcodes.REFUSED);
  assert.not(other.authoritative);
});

test('the zone itself: SOA, NS and no transfer', () => {
  const reply = ask('x.consul', 'SOA');
  assert.equal(words(reply.answers), soa);
  const [record] = reply.answers;
  assert.ok(record?.type === 'SOA' && record.serial === 5 && record.minimum === 0);
  assert.equal(words(reply.authorities), ['consul NS n1.node.dc1.consul']);
  assert.equal(words(reply.additionals), ['n1.node.dc1.consul A 127.0.0.1']);
  assert.equal(words(ask('consul', 'NS').answers), ['consul NS n1.node.dc1.consul']);
  assert.is(ask('consul', 'TYPE252').rcode, rcodes.NOTIMP);
});

test('nodes, addresses and reverse names', () => {
  assert.equal(words(ask('n1.node.consul', 'A').answers), ['n1.node.consul A 127.0.0.1']);
  assert.is(ask('n1.node.consul', 'AAAA').rcode, rcodes.NOERROR);
  assert.equal(words(ask('0a000001.addr.consul', 'A').answers), ['0a000001.addr.consul A 10.0.0.1']);
  assert.equal(words(ask('1.0.0.127.in-addr.arpa', 'PTR').answers), [
    '1.0.0.127.in-addr.arpa PTR n1.node.dc1.consul',
  ]);
  assert.equal(words(ask('1.0.0.10.in-addr.arpa', 'PTR').answers), [
    '1.0.0.10.in-addr.arpa PTR web.service.dc1.consul',
  ]);
  assert.is(ask('9.0.0.10.in-addr.arpa', 'PTR').rcode, rcodes.NXDOMAIN);
});

test('without EDNS 512 octets, cut with TC; TCP has all of it', () => {
  const cut = ask('n80.service.consul', 'A');
  assert.ok(cut.truncated);
  assert.ok(cut.size <= 512 && cut.size > 496, `${cut.size}`);
  const whole = ask('n80.service.consul', 'A', { transport: 'tcp' });
  assert.not(whole.truncated);
  assert.is(whole.answers.length, 80);
  const small = ask('n30.service.consul', 'A', { edns: 100 });
  assert.ok(small.truncated && small.size <= 512);
});

test('EDNS: the size that the client takes counts, and OPT is answered even when cut', () => {
  const fits = ask('n30.service.consul', 'A', { edns: 1232 });
  assert.is(fits.answers.length, 30);
  assert.not(fits.truncated);
  assert.ok(fits.edns);
  const cut = ask('n80.service.consul', 'A', { edns: 1232 });
  assert.ok(cut.truncated && cut.size <= 1232 && cut.answers.length === 74, `${cut.answers.length}`);
  assert.ok(cut.edns);
  const large = ask('n80.service.consul', 'A', { edns: 65_535 });
  assert.ok(large.truncated && large.size <= 1232, 'no larger than what travels in one piece');
  const wide = responderFor({ maxUdpBytes: 4096 });
  assert.is(ask('n80.service.consul', 'A', { edns: 65_535, by: wide }).answers.length, 80);
  const edns = { udpSize: 1232, version: 1, dnssecOk: false, extendedRcode: 0, options: [] };
  const version = ask('web.service.consul', 'A', { query: { edns } });
  assert.is(version.rcode + ((version.edns?.extendedRcode ?? 0) << 4), 16);
});

test('additional records go before answers do, and that sets no TC', () => {
  const reply = ask('n30.service.consul', 'SRV', { edns: 1700, by: responderFor({ maxUdpBytes: 4096 }) });
  assert.is(reply.answers.length, 30);
  assert.ok(reply.additionals.length < 30);
  assert.not(reply.truncated);
});

test('shuffles', () => {
  let seed = 0.1;
  const random = () => {
    seed = (seed * 7.13) % 1;
    return seed;
  };
  const shuffling = responderFor({}, random);
  const firsts = new Set<string>();
  for (let turn = 0; turn < 40; turn++) {
    const [first] = decodeMessage(
      replyTo(octetsOf('n30.service.consul', 'A'), 'udp', shuffling) as Buffer,
    ).answers;
    firsts.add(words(first === undefined ? [] : [first]).join());
  }
  assert.ok(firsts.size > 10, `${firsts.size}`);
});

test('D05 what cannot be read', () => {
  const good = octetsOf('web.service.consul', 'A');
  assert.is(replyTo(good.subarray(0, 11), 'udp'), undefined);
  assert.is(replyTo(octetsOf('web.service.consul', 'A', { query: { response: true } }), 'udp'), undefined);
  const rcode = (octets: Buffer) => (replyTo(octets, 'udp')?.[3] ?? 0) & 15;
  assert.is(rcode(good.subarray(0, 20)), rcodes.FORMERR);
  assert.is(rcode(octetsOf('web.service.consul', 'A', { query: { questions: [] } })), rcodes.FORMERR);
  assert.is(rcode(octetsOf('web.service.consul', 'A', { query: { opcode: 5 } })), rcodes.NOTIMP);
  assert.is(rcode(octetsOf('long.service.consul', 'A')), rcodes.SERVFAIL);
  const error = replyTo(good.subarray(0, 20), 'udp');
  assert.is(error?.length, 12);
  assert.is(error?.readUInt16BE(0), 77);
});

test('D05 names that lie about themselves, and more questions than one', () => {
  const header = (questions: number): number[] => [
    0,
    77,
    1,
    0,
    questions >> 8,
    questions & 255,
    0,
    0,
    0,
    0,
    0,
    0,
  ];
  const tail = [0, 1, 0, 1];
  const label = (size: number): number[] => [size, ...Array(size).fill(97)];
  const wrong: readonly (readonly number[])[] = [
    [...header(1), 0xc0, 12, ...tail],
    [...header(1), 0xc0, 14, 0xc0, 12, ...tail],
    [...header(1), 0xc0, 40, ...tail],
    [...header(1), 0x40, 1, 0, ...tail],
    [...header(1), 0x80, 1, 0, ...tail],
    [...header(1), 63, 97, 0, ...tail],
    [...header(1), ...Array(5).fill(label(63)).flat(), 0, ...tail],
    [...header(0), 0, ...tail],
    [...header(2), 0, ...tail, 0, ...tail],
    [...header(65_535), 0, ...tail],
  ];
  for (const octets of wrong) {
    const reply = replyTo(Buffer.from(octets), 'udp');
    assert.is((reply?.[3] ?? 0) & 15, rcodes.FORMERR, String(octets));
    assert.is(reply?.length, 12);
  }
  // A record that says that it is longer than all there is: the question stands before it.
  const lie = octetsOf('web.service.consul', 'A', { edns: 1232 });
  lie.writeUInt16BE(0xffff, lie.length - 2);
  assert.is((replyTo(lie, 'udp')?.[3] ?? 15) & 15, rcodes.NOERROR);
});

test('D07 opcodes, classes, types and versions that nobody serves here', () => {
  const rcode = (type: RecordTypeName, query: Partial<DnsMessage> = {}): number =>
    ask('web.service.consul', type, { query }).rcode;
  for (const opcode of [1, 2, 4, 5, 15]) assert.is(rcode('A', { opcode }), rcodes.NOTIMP, `opcode ${opcode}`);
  // AXFR and IXFR.
  for (const type of ['TYPE252', 'TYPE251'] as const) assert.is(rcode(type), rcodes.NOTIMP, type);
  // As Consul: the class does not matter.
  assert.is(rcode('A', { questions: [{ name: 'web.service.consul', type: 'A', class: 3 }] }), rcodes.NOERROR);
  assert.equal(words(ask('web.service.consul', 'ANY').answers).length, 2);
  const cookie = { code: 10, data: Buffer.alloc(8, 1) };
  const unknown = { code: 65_001, data: Buffer.alloc(3) };
  const edns = { udpSize: 1232, version: 0, dnssecOk: true, extendedRcode: 0, options: [cookie, unknown] };
  const plain = ask('web.service.consul', 'A', { query: { edns } });
  assert.is(plain.rcode, rcodes.NOERROR);
  assert.equal(plain.edns?.options, []);
  assert.is(plain.edns?.dnssecOk, false);
  const newer = ask('web.service.consul', 'A', { query: { edns: { ...edns, version: 1 } } });
  // BADVERS is 16: its upper part is in OPT.
  assert.is(newer.rcode + (newer.edns?.extendedRcode ?? 0) * 16, 16);
  assert.is(newer.answers.length, 0);
});

test('D09 no answer over UDP is larger than 1,232 octets, whatever the client says that it takes', () => {
  for (const edns of [undefined, 0, 512, 1232, 4096, 65_535]) {
    for (const type of ['A', 'SRV', 'ANY'] as const) {
      const most = Math.min(1232, Math.max(512, edns ?? 0));
      const { size, truncated } = ask('n80.service.consul', type, edns === undefined ? {} : { edns });
      assert.ok(size <= most, `${type}, EDNS ${edns}: ${size} octets`);
      assert.ok(truncated, 'and it says that there is more');
    }
  }
  assert.is(ask('n80.service.consul', 'A', { transport: 'tcp' }).answers.length, 80);
});

test('D11 letters, labels and tags as clients write them', () => {
  const found = (name: string, type: RecordTypeName = 'A'): number => ask(name, type).answers.length;
  // 0x20 randomisation: the name comes back in the letters of the question.
  assert.equal(
    ask('wEb.SeRvIcE.cOnSuL', 'A').answers.map(({ name }) => name),
    ['wEb.SeRvIcE.cOnSuL', 'wEb.SeRvIcE.cOnSuL'],
  );
  assert.is(found('_web._tcp.service.consul', 'SRV'), 3);
  assert.is(found('_web._v1.service.consul', 'SRV'), 3);
  assert.is(found('_WEB._TCP.Service.Consul', 'SRV'), 3);
  // A tag with a dot is one tag, which nobody has.
  assert.is(ask('v1.x.web.service.consul', 'A').rcode, rcodes.NXDOMAIN);
  // A name that begins or ends as another one does is another one.
  for (const other of ['we', 'webb', 'eb', 'xn--wb-xka', 'web-']) {
    assert.is(ask(`${other}.service.consul`, 'A').rcode, rcodes.NXDOMAIN, other);
  }
  assert.is(ask('web.service.myconsul', 'A').rcode, rcodes.REFUSED);
  assert.is(ask('web.serviceconsul', 'A').rcode, rcodes.REFUSED);
  assert.is(ask(`${'a'.repeat(63)}.service.consul`, 'A').rcode, rcodes.NXDOMAIN);
  const octets = octetsOf(`${'a'.repeat(63)}.service.consul`, 'A');
  octets[12] = 64;
  assert.is((replyTo(octets, 'udp')?.[3] ?? 0) & 15, rcodes.FORMERR);
});

test('no octets make it throw, and a reply is one, to the same id, that can be read', () => {
  const good = octetsOf('_web._tcp.service.consul', 'SRV', { edns: 1232 });
  const mutated = fc
    .array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 8 })
    .map((changes) => {
      const octets = Buffer.from(good);
      for (const [at, value] of changes) octets[at] = value;
      return octets;
    });
  const any = fc.uint8Array({ maxLength: 80 }).map((octets) => Buffer.from(octets));
  fc.assert(
    fc.property(fc.oneof(mutated, any), fc.constantFrom('udp', 'tcp'), (octets, transport) => {
      const reply = replyTo(octets, transport as 'udp' | 'tcp');
      if (reply === undefined) return;
      assert.is(reply.readUInt16BE(0), octets.readUInt16BE(0));
      assert.ok(decodeMessage(reply).response);
    }),
    { numRuns: 2000 },
  );
});

/** As it is decoded, with records in order of their text and without the order of shuffling. */
function sortedMessage(octets: Buffer): unknown {
  const { answers, additionals, ...rest } = decodeMessage(octets);
  const order = (records: DnsMessage['answers']) => records.map((one) => JSON.stringify(one)).sort();
  return { ...rest, answers: order(answers), additionals: order(additionals) };
}

test('a question asked again is answered from octets that are there already, and just so', () => {
  const names = [...Object.keys(services), 'nobody'].map((name) => `${name}.service.consul`);
  const others = ['n1.node.consul', 'x.node.consul', '7f000001.addr.consul', 'consul', 'x.consul'];
  for (const name of [...names, ...others, '_web._tcp.service.consul']) {
    for (const type of ['A', 'AAAA', 'SRV', 'ANY', 'TXT', 'TYPE15'] as const) {
      for (const edns of [undefined, 512, 1232, 4096]) {
        for (const transport of ['udp', 'tcp'] as const) {
          const by = responderFor();
          const octets = octetsOf(name, type, edns === undefined ? {} : { edns });
          const first = replyTo(octets, transport, by) as Buffer;
          const second = replyTo(octets, transport, by) as Buffer;
          // What is cut short has other records each time.
          if (decodeMessage(first).truncated) continue;
          assert.equal(sortedMessage(second), sortedMessage(first), `${name} ${type} ${edns} ${transport}`);
        }
      }
    }
  }
});

test('a question in other letters gets the same answer, with its own name', () => {
  const by = responderFor();
  replyTo(octetsOf('web.service.consul', 'A'), 'udp', by);
  const reply = decodeMessage(replyTo(octetsOf('WeB.serVice.consUL', 'A'), 'udp', by) as Buffer);
  assert.equal(words(reply.answers), ['WeB.serVice.consUL A 10.0.0.1', 'WeB.serVice.consUL A 10.0.0.2']);
  // 65 is a letter and a type.
  replyTo(octetsOf('web.service.consul', 'TYPE97'), 'udp', by);
  const https = decodeMessage(replyTo(octetsOf('web.service.consul', 'TYPE65'), 'udp', by) as Buffer);
  assert.is(https.questions[0]?.type, 'TYPE65');
});

test('an answer that is kept ends with the version of what it was made of', () => {
  let version = 1;
  let addresses = ['10.0.0.1'];
  const changing: Directory = {
    ...directory,
    service: () => addresses.map((address) => endpoint(address)),
    serviceVersion: () => version,
  };
  const by = createResponder({
    zone: createZone({ directory: changing, config: dnsConfig(), wallTime: () => 0 }),
  });
  const asked = () =>
    decodeMessage(replyTo(octetsOf('web.service.consul', 'A'), 'udp', by) as Buffer).answers.length;
  assert.is(asked(), 1);
  assert.is(asked(), 1);
  addresses = ['10.0.0.1', '10.0.0.2'];
  version++;
  assert.is(asked(), 2);
  addresses = [];
  version++;
  assert.is(asked(), 0);
});

test('as Consul does: three answers without EDNS, silently; no OPT when trimmed', () => {
  const by = responderFor(consulDnsDefaults);
  const plain = ask('n80.service.consul', 'A', { by });
  assert.is(plain.answers.length, 3);
  assert.not(plain.truncated);
  const large = ask('n80.service.consul', 'A', { by, edns: 1232 });
  assert.is(large.answers.length, 74);
  assert.is(large.edns, undefined);
});

test.run();
