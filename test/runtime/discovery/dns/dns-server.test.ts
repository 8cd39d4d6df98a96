import { createSocket } from 'node:dgram';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { dnsConfig } from '../../../../runtime/discovery/dns/dns-config.js';
import type { Directory } from '../../../../runtime/discovery/dns/directory.js';
import type { DnsServer, DnsServerOptions } from '../../../../runtime/discovery/dns/dns-server.js';
import { createDnsServer } from '../../../../runtime/discovery/dns/dns-server.js';
import { createResponder } from '../../../../runtime/discovery/dns/reply.js';
import { createZone } from '../../../../runtime/discovery/dns/zone.js';
import { decodeMessage } from '../../../../runtime/network/dns/decode.js';
import { createDnsResolver } from '../../../../runtime/network/dns/dns-resolver.js';
import { encodeMessage } from '../../../../runtime/network/dns/encode.js';
import { message } from '../../../../runtime/network/dns/message.js';
import { FakeClock } from '../../../support/fake-clock.js';

const addresses = Array.from({ length: 100 }, (_, at) => `10.0.0.${at}`);

const directory: Directory = {
  datacenter: 'dc1',
  self: { name: 'n1', address: '127.0.0.1' },
  service: (name) =>
    name === 'web'
      ? addresses.map((address) => ({
          address,
          node: { name: 'n1', address: '127.0.0.1' },
          port: 1,
          weight: 1,
        }))
      : [],
  node: () => undefined,
  reverse: () => undefined,
  query: () => undefined,
  serviceVersion: () => 1,
  nodeVersion: () => 1,
};

const newResponder = () =>
  createResponder({ zone: createZone({ directory, config: dnsConfig(), wallTime: () => 0 }) });

async function withServer(
  more: Partial<DnsServerOptions>,
  use: (server: DnsServer, clock: FakeClock) => Promise<void>,
): Promise<void> {
  const clock = new FakeClock();
  const server = await createDnsServer({
    responder: newResponder(),
    bind: '127.0.0.1',
    port: 0,
    clock,
    ...more,
  });
  try {
    await use(server, clock);
  } finally {
    await server.close();
  }
}

function query(id: number): Buffer {
  const octets = encodeMessage(
    message({ id, questions: [{ name: 'web.service.consul', type: 'A', class: 1 }] }),
  );
  const length = Buffer.alloc(2);
  length.writeUInt16BE(octets.length);
  return Buffer.concat([length, octets]);
}

function open(port: number): Promise<Socket> {
  return new Promise((done, fail) => {
    const socket = connect(port, '127.0.0.1', () => done(socket));
    socket.once('error', fail);
  });
}

/** Everything that comes until the other side ends the connection, as messages. */
function readToEnd(socket: Socket): Promise<number[]> {
  return new Promise((done) => {
    const chunks: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('close', () => {
      const all = Buffer.concat(chunks);
      const ids: number[] = [];
      for (let at = 0; at + 2 <= all.length; ) {
        const size = all.readUInt16BE(at);
        ids.push(decodeMessage(all.subarray(at + 2, at + 2 + size)).id);
        at += 2 + size;
      }
      done(ids);
    });
  });
}

test('our own resolver gets all of them, over UDP and then TCP', () =>
  withServer({}, async (server, clock) => {
    const servers = [{ ip: '127.0.0.1', port: server.port }];
    const resolver = createDnsResolver({ servers, clock });
    const found = await resolver.resolve('web.service.consul', 'v4');
    assert.equal(found.addresses.sort(), [...addresses].sort());
    const missing = await resolver.resolve('nobody.service.consul', 'v4').catch((error) => error);
    assert.is(missing.kind, 'not-found');
    resolver.close();
  }));

test('D10 questions that come together over TCP are all answered, in order, also after the client ended its side', () =>
  withServer({}, async (server) => {
    const socket = await open(server.port);
    const ids = readToEnd(socket);
    const count = 300;
    socket.end(Buffer.concat(Array.from({ length: count }, (_, at) => query(at))));
    assert.equal(
      await ids,
      Array.from({ length: count }, (_, at) => at),
    );
  }));

test('D10 a question may come octet by octet', () =>
  withServer({}, async (server) => {
    const socket = await open(server.port);
    const ids = readToEnd(socket);
    socket.setNoDelay(true);
    for (const octet of query(5)) {
      await new Promise<void>((done) => socket.write(Buffer.from([octet]), () => done()));
    }
    socket.end();
    assert.equal(await ids, [5]);
  }));

test('D10 an idle connection is closed, and so are those above the limit', () =>
  withServer({ idleTimeoutMs: 1000, maxConnections: 1 }, async (server, clock) => {
    const first = await open(server.port);
    const firstIds = readToEnd(first);
    const second = await open(server.port);
    assert.equal(await readToEnd(second), []);
    first.write(query(1));
    await new Promise((done) => first.once('data', done));
    clock.advance(999);
    assert.not(first.destroyed);
    clock.advance(1);
    assert.equal(await firstIds, [1]);
  }));

test('D10 octets that make no question do not keep a connection open', () =>
  withServer({ idleTimeoutMs: 1000 }, async (server, clock) => {
    const slow = await open(server.port);
    const slowIds = readToEnd(slow);
    // Half of a question, then a further octet each time that the end is near.
    const octets = query(1);
    slow.write(octets.subarray(0, 2));
    for (let n = 0; n < 4; n++) {
      await new Promise<void>((done) => slow.write(octets.subarray(2 + n, 3 + n), () => done()));
      clock.advance(250);
    }
    assert.equal(await slowIds, []);
    const useless = [Buffer.alloc(2), Buffer.alloc(200_000), Buffer.from([0, 11, ...Array(11).fill(0)])];
    for (const chunk of useless) {
      const socket = await open(server.port);
      const ids = readToEnd(socket);
      socket.on('error', () => undefined);
      socket.write(chunk);
      assert.equal(await ids, [], 'no message is that short');
    }
    const good = await open(server.port);
    const ids = readToEnd(good);
    // More was announced than comes: the end of the client is the end.
    good.end(Buffer.concat([query(3), Buffer.from([0xff, 0xff]), query(4)]));
    assert.equal(await ids, [3]);
  }));

test('D10 who asks much and reads late gets all of it, also when it ended its side meanwhile', () =>
  withServer({}, async (server) => {
    const socket = await open(server.port);
    socket.pause();
    const count = 600;
    socket.end(Buffer.concat(Array.from({ length: count }, (_, at) => query(at))));
    await new Promise((done) => socket.once('finish', done));
    assert.is((await readToEnd(socket.resume())).length, count);
  }));

test('D10 no address gets all of the connections', () =>
  withServer({ maxConnectionsPerClient: 2 }, async (server) => {
    const kept = [await open(server.port), await open(server.port)];
    assert.equal(await readToEnd(await open(server.port)), []);
    const gone = readToEnd(kept[0] as Socket);
    kept[0]?.end(query(1));
    assert.equal(await gone, [1]);
    // Its place is free as soon as the server has heard of it.
    for (let turn = 0; ; turn++) {
      assert.ok(turn < 100, 'the place is free again');
      const again = await open(server.port);
      again.on('error', () => undefined);
      const ids = readToEnd(again);
      again.end(query(2));
      if ((await ids).join() === '2') break;
    }
    kept[1]?.destroy();
  }));

test('a broken datagram gets FORMERR and the server goes on', () =>
  withServer({}, async (server) => {
    const socket = createSocket('udp4');
    const replies: Buffer[] = [];
    const both = new Promise<void>((done) => {
      socket.on('message', (octets) => {
        replies.push(octets);
        if (replies.length === 2) done();
      });
    });
    socket.send(Buffer.from('short'), server.port, '127.0.0.1');
    socket.send(
      Buffer.concat([Buffer.alloc(5), Buffer.from([1]), Buffer.alloc(6, 255)]),
      server.port,
      '127.0.0.1',
    );
    socket.send(query(9).subarray(2), server.port, '127.0.0.1');
    await both;
    socket.close();
    assert.equal(replies.map((reply) => (reply[3] as number) & 15).sort(), [0, 1]);
  }));

test('a taken port is an error', () =>
  withServer({}, async (server) => {
    const again = createDnsServer({
      responder: newResponder(),
      bind: '127.0.0.1',
      port: server.port,
      clock: new FakeClock(),
    });
    assert.is((await again.catch((error) => error)).code, 'EADDRINUSE');
  }));

test.run();
