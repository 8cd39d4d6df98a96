import { createSocket } from 'node:dgram';
import type { Socket } from 'node:dgram';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { RateLimit } from '../../../../runtime/discovery/dns/rate-limit.js';
import { createRecursors, parseRecursor } from '../../../../runtime/discovery/dns/recursors.js';
import { createDiscovery } from '../../../../runtime/discovery/index.js';
import { decodeMessage } from '../../../../runtime/network/dns/decode.js';
import { encodeMessage } from '../../../../runtime/network/dns/encode.js';
import type { DnsMessage, Question } from '../../../../runtime/network/dns/message.js';
import { message } from '../../../../runtime/network/dns/message.js';
import { FakeClock } from '../../../support/fake-clock.js';

interface Upstream {
  readonly address: { readonly ip: string; readonly port: number };
  asked: number;
  readonly socket: Socket;
}

/** A name server that answers as it is told. */
async function upstream(answer: (question: Question) => Partial<DnsMessage>): Promise<Upstream> {
  const socket = createSocket('udp4');
  const found: Upstream = { address: { ip: '127.0.0.1', port: 0 }, asked: 0, socket };
  socket.on('message', (octets, from) => {
    found.asked++;
    const query = decodeMessage(octets);
    const [question] = query.questions;
    const reply = message({
      id: query.id,
      response: true,
      questions: query.questions,
      ...answer(question as Question),
    });
    socket.send(encodeMessage(reply), from.port, from.address);
  });
  await new Promise<void>((done) => socket.bind(0, '127.0.0.1', done));
  (found.address as { port: number }).port = socket.address().port;
  return found;
}

const record = (name: string, ttl: number) =>
  ({ name, type: 'A', class: 1, ttl, address: '192.0.2.1' }) as const;
const question: Question = { name: 'Example.com', type: 'A', class: 1 };

test('the first that answers counts, and its answer is kept as long as it may', async () => {
  const broken = await upstream(() => ({ rcode: 2 }));
  const good = await upstream(({ name }) => ({ answers: [record(name, 30)] }));
  const clock = new FakeClock();
  const servers = [broken.address, good.address];
  const recursors = createRecursors({ servers, clock });
  try {
    const [first, same] = await Promise.all([
      recursors.forward(question, 'udp'),
      recursors.forward(question, 'udp'),
    ]);
    assert.is(first.answers.length, 1);
    assert.is(same, first);
    assert.equal([broken.asked, good.asked], [1, 1]);
    clock.advance(10_000);
    const kept = await recursors.forward({ ...question, name: 'example.com' }, 'udp');
    assert.is(kept.answers[0]?.ttl, 20);
    assert.is(good.asked, 1);
    clock.advance(20_000);
    await recursors.forward(question, 'udp');
    assert.is(good.asked, 2);
  } finally {
    broken.socket.close();
    good.socket.close();
  }
});

test('nobody answers: SERVFAIL, which is not kept', async () => {
  const broken = await upstream(() => ({ rcode: 5 }));
  const recursors = createRecursors({ servers: [broken.address], clock: new FakeClock() });
  try {
    assert.is((await recursors.forward(question, 'udp')).rcode, 2);
    await recursors.forward(question, 'udp');
    assert.is(broken.asked, 2);
  } finally {
    broken.socket.close();
  }
});

test('discovery with recursors: other zones, and names that services lead to', async () => {
  const outside = await upstream(({ name }) => ({ answers: [record(name, 60)] }));
  const { ip, port } = outside.address;
  const agent = await createDiscovery({ httpPort: 0, dnsPort: 0, node: 'n1', recursors: [`${ip}:${port}`] });
  const socket = createSocket('udp4');
  const ask = (name: string): Promise<DnsMessage> =>
    new Promise((done) => {
      socket.once('message', (octets) => done(decodeMessage(octets)));
      const query = message({ id: 7, recursionDesired: true, questions: [{ name, type: 'A', class: 1 }] });
      socket.send(encodeMessage(query), agent.dnsPort, '127.0.0.1');
    });
  try {
    await fetch(`http://127.0.0.1:${agent.httpPort}/v1/agent/service/register`, {
      method: 'PUT',
      body: JSON.stringify({ Name: 'away', Address: 'backend.example.org' }),
    });
    const other = await ask('www.example.net');
    assert.ok(other.recursionAvailable && !other.authoritative);
    assert.is(other.id, 7);
    assert.is(other.answers.length, 1);
    const away = await ask('away.service.consul');
    assert.equal(
      away.answers.map(({ name, type }) => `${name} ${type}`),
      ['away.service.consul CNAME', 'backend.example.org A'],
    );
    assert.ok(away.authoritative);
    assert.ok((await ask('consul.service.consul')).recursionAvailable);
  } finally {
    socket.close();
    outside.socket.close();
    await agent.close();
  }
});

test('addresses of recursors', () => {
  assert.equal(parseRecursor('10.0.0.2'), { ip: '10.0.0.2', port: 53 });
  assert.equal(parseRecursor('[fd00::1]:5353'), { ip: 'fd00::1', port: 5353 });
  assert.throws(() => parseRecursor('dns.example'), /is no DNS server/);
});

test('so many questions of one address in a second, and no more', () => {
  const clock = new FakeClock();
  const limit = new RateLimit(clock, 2);
  assert.equal(
    [1, 2, 3].map(() => limit.allows('a')),
    [true, true, false],
  );
  assert.ok(limit.allows('b'));
  clock.advance(1000);
  assert.ok(limit.allows('a'));
});

test.run();
