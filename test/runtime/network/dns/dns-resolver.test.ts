/** The resolver of DNS clusters against a server that answers wrongly, late or in parts (cases D01 to D04). */
import type { RemoteInfo, Socket as UdpSocket } from 'node:dgram';
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeMessage } from '../../../../runtime/network/dns/decode.js';
import type { DnsError, DnsResolver } from '../../../../runtime/network/dns/dns-resolver.js';
import { createDnsResolver } from '../../../../runtime/network/dns/dns-resolver.js';
import { encodeMessage } from '../../../../runtime/network/dns/encode.js';
import type { DnsMessage, ResourceRecord } from '../../../../runtime/network/dns/message.js';
import { message, rcodes } from '../../../../runtime/network/dns/message.js';
import { FakeClock } from '../../../support/fake-clock.js';

const name = 'web.service.consul';

const a = (address: string, owner = name, ttl = 5): ResourceRecord => ({
  name: owner,
  class: 1,
  ttl,
  type: 'A',
  address,
});

const cname = (owner: string, target: string): ResourceRecord => ({
  name: owner,
  class: 1,
  ttl: 5,
  type: 'CNAME',
  target,
});

function replyTo(query: DnsMessage, more: Partial<DnsMessage>): Buffer {
  return encodeMessage(message({ id: query.id, response: true, questions: query.questions, ...more }));
}

interface Rig {
  readonly resolver: DnsResolver;
  readonly clock: FakeClock;
  /** Questions over UDP, as they came. */
  readonly queries: { readonly message: DnsMessage; readonly from: RemoteInfo }[];
  readonly tcpQueries: DnsMessage[];
}

interface Answers {
  udp(query: DnsMessage, send: (octets: Buffer) => void, from: RemoteInfo): void;
  tcp?(query: DnsMessage): Buffer;
}

async function withServer(answers: Answers, use: (rig: Rig) => Promise<void>): Promise<void> {
  const tcpQueries: DnsMessage[] = [];
  const tcp = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', (octets: Buffer) => {
      const query = decodeMessage(octets.subarray(2));
      tcpQueries.push(query);
      const reply = answers.tcp?.(query) ?? replyTo(query, { rcode: rcodes.REFUSED });
      const length = Buffer.alloc(2);
      length.writeUInt16BE(reply.length);
      socket.end(Buffer.concat([length, reply]));
    });
  });
  await new Promise<void>((done) => tcp.listen(0, '127.0.0.1', done));
  const { port } = tcp.address() as { port: number };
  const udp: UdpSocket = createSocket('udp4');
  await new Promise<void>((done) => udp.bind(port, '127.0.0.1', done));
  const queries: Rig['queries'] = [];
  udp.on('message', (octets, from) => {
    const query = decodeMessage(octets);
    queries.push({ message: query, from });
    answers.udp(query, (reply) => udp.send(reply, from.port, from.address), from);
  });
  const clock = new FakeClock();
  const resolver = createDnsResolver({ servers: [{ ip: '127.0.0.1', port }], clock });
  try {
    await use({ resolver, clock, queries, tcpQueries });
  } finally {
    resolver.close();
    udp.close();
    tcp.close();
  }
}

const kindOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'found',
    (error: DnsError) => error.kind,
  );

test('D01 what is no answer to the question is passed over, and the right one is waited for', async () => {
  const stranger = createSocket('udp4');
  try {
    await withServer(
      {
        udp(query, send, from) {
          const wrong: readonly Partial<DnsMessage>[] = [
            { id: query.id ^ 1 },
            { response: false },
            { questions: [{ name: 'other.service.consul', type: 'A', class: 1 }] },
            { questions: [{ name, type: 'AAAA', class: 1 }] },
            { questions: [] },
          ];
          for (const more of wrong) send(replyTo(query, { answers: [a('6.6.6.6')], ...more }));
          send(Buffer.from('no message at all'));
          // Of another port: the kernel keeps it away from a connected socket.
          stranger.send(replyTo(query, { answers: [a('6.6.6.6')] }), from.port, from.address, () => {
            send(replyTo(query, { answers: [a('6.6.6.6', 'other.service.consul'), a('10.0.0.1')] }));
          });
        },
      },
      async ({ resolver }) => {
        assert.equal((await resolver.resolve(name, 'v4')).addresses, ['10.0.0.1']);
      },
    );
  } finally {
    stranger.close();
  }
});

test('D01 ids and source ports are not to be guessed from those before', () =>
  withServer(
    { udp: (query, send) => send(replyTo(query, { answers: [a('10.0.0.1')] })) },
    async ({ resolver, queries }) => {
      for (let n = 0; n < 20; n++) await resolver.resolve(name, 'v4');
      const ids = queries.map(({ message: { id } }) => id);
      const ports = queries.map(({ from }) => from.port);
      for (const numbers of [ids, ports]) {
        const steps = numbers.slice(1).map((number, at) => number - (numbers[at] ?? 0));
        assert.ok(new Set(steps).size > 10, `steps of ${numbers.join(' ')}`);
      }
    },
  ));

test('D02 an answer that was cut is asked for again over TCP', () =>
  withServer(
    {
      udp: (query, send) => send(replyTo(query, { truncated: true, answers: [a('10.0.0.1')] })),
      tcp: (query) => replyTo(query, { answers: [a('10.0.0.1'), a('10.0.0.2')] }),
    },
    async ({ resolver, tcpQueries }) => {
      assert.equal((await resolver.resolve(name, 'v4')).addresses, ['10.0.0.1', '10.0.0.2']);
      assert.is(tcpQueries.length, 1);
    },
  ));

test('D03 what a server says of a name, and that it says nothing, are told apart', async () => {
  const rcodeKinds: readonly (readonly [Partial<DnsMessage>, string, number])[] = [
    [{ rcode: rcodes.NXDOMAIN }, 'not-found', 1],
    [{ rcode: rcodes.NOERROR }, 'no-data', 1],
    [{ rcode: rcodes.SERVFAIL }, 'server-failure', 2],
    [{ rcode: rcodes.REFUSED }, 'server-failure', 2],
  ];
  for (const [more, kind, asked] of rcodeKinds) {
    await withServer({ udp: (query, send) => send(replyTo(query, more)) }, async ({ resolver, queries }) => {
      assert.is(await kindOf(resolver.resolve(name, 'v4')), kind);
      assert.is(queries.length, asked, `${kind}: another try where that can help`);
    });
  }
  let asked = (): void => {};
  await withServer({ udp: () => asked() }, async ({ resolver, clock }) => {
    const kind = kindOf(resolver.resolve(name, 'v4'));
    for (let turn = 0; turn < 2; turn++) {
      await new Promise<void>((done) => {
        asked = done;
      });
      clock.advance(2500);
    }
    assert.is(await kind, 'timeout');
  });
});

test('D04 CNAMEs are followed inside of an answer, and a circle or a dead end is no data', async () => {
  const chain = (length: number): ResourceRecord[] => [
    ...Array.from({ length }, (_, at) => cname(at === 0 ? name : `c${at}.consul`, `c${at + 1}.consul`)),
    a('10.0.0.1', `c${length}.consul`),
  ];
  const cases: readonly (readonly [readonly ResourceRecord[], string])[] = [
    [chain(1), 'found'],
    [chain(8), 'found'],
    [[cname(name, 'b.consul'), cname('b.consul', name)], 'no-data'],
    [[cname(name, name)], 'no-data'],
    [[cname(name, 'b.consul')], 'no-data'],
    [[a('10.0.0.1', 'b.consul')], 'no-data'],
  ];
  for (const [answers, kind] of cases) {
    await withServer(
      { udp: (query, send) => send(replyTo(query, { answers })) },
      async ({ resolver, queries }) => {
        assert.is(await kindOf(resolver.resolve(name, 'v4')), kind);
        assert.is(queries.length, 1, 'asked once, whatever the chain is');
      },
    );
  }
});

test.run();
