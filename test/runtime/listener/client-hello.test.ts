import * as fc from 'fast-check';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { connect } from 'node:tls';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ClientHello } from '../../../runtime/listener/client-hello.js';
import { maxClientHello, readClientHello } from '../../../runtime/listener/client-hello.js';

/** The first flight of a real client. */
function helloOf(options: {
  servername?: string;
  ALPNProtocols?: string[];
  maxVersion?: 'TLSv1.2';
}): Promise<Buffer> {
  return new Promise((done) => {
    const wire = new Duplex({
      read: () => undefined,
      write(chunk: Buffer, _encoding, next) {
        next();
        done(chunk);
        setImmediate(() => client.destroy());
      },
    });
    const client = connect({ socket: wire as unknown as Socket, rejectUnauthorized: false, ...options });
    client.on('error', () => undefined);
  });
}

/** The same message in records of that many octets. */
function inRecords(hello: Buffer, size: number): Buffer {
  const message = hello.subarray(5);
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size);
    records.push(Buffer.from([22, 3, 1, part.length >> 8, part.length & 255]), part);
  }
  return Buffer.concat(records);
}

const named = await helloOf({ servername: 'WWW.Example.com', ALPNProtocols: ['h2', 'http/1.1'] });
const bare = await helloOf({ maxVersion: 'TLSv1.2' });

function read(octets: Buffer): ClientHello {
  const found = readClientHello(octets);
  if (typeof found === 'string') throw new Error(found);
  return found;
}

test('server name, in lower case, and protocols are found', () => {
  const { applicationProtocols, serverName } = read(named);
  assert.is(serverName, 'www.example.com');
  assert.equal(applicationProtocols, ['h2', 'http/1.1']);
  assert.is(read(bare).serverName, '');
  assert.equal(read(bare).applicationProtocols, []);
});

test('what decides about certificates and keys is found', () => {
  const { cipherSuites, groups, keyShares, offersTls13, signatureSchemes, ticketName } = read(named);
  assert.ok(offersTls13);
  assert.ok(cipherSuites.includes(0x1301) && cipherSuites.includes(0xc02b));
  assert.ok(signatureSchemes.includes(0x0403) && signatureSchemes.includes(0x0804));
  assert.ok(groups.includes(29) && groups.includes(23));
  assert.ok(keyShares.length > 0 && keyShares.every((one) => groups.includes(one)));
  assert.is(ticketName, '');
  const older = read(bare);
  assert.not.ok(older.offersTls13);
  assert.equal(older.keyShares, []);
  assert.ok(older.signatureSchemes.includes(0x0403));
});

test('it is not complete before its last octet, and what follows does not matter', () => {
  for (let length = 0; length < named.length; length++) {
    assert.is(readClientHello(named.subarray(0, length)), 'more', `${length} octets`);
  }
  assert.equal(readClientHello(Buffer.concat([named, Buffer.from('more')])), readClientHello(named));
});

test('records may cut it anywhere', () => {
  for (const size of [1, 2, 3, 5, 40, 1000]) {
    assert.equal(readClientHello(inRecords(named, size)), readClientHello(named), `records of ${size}`);
  }
});

test('other protocols are told apart by their first octets', () => {
  for (const text of [
    'GET / HTTP/1.1\r\n',
    'PRI * HTTP/2.0\r\n',
    '\x16\x02',
    'SSH-2.0',
    '\x16\x03\x01\0\0',
  ]) {
    assert.is(readClientHello(Buffer.from(text, 'latin1')), 'not-tls', JSON.stringify(text));
  }
  // A record of a handshake, but another message than a ClientHello.
  assert.is(readClientHello(Buffer.from([22, 3, 1, 0, 4, 2, 0, 0, 0])), 'not-tls');
});

test('a message beyond the limit is not waited for', () => {
  const length = maxClientHello + 1;
  const head = Buffer.from([22, 3, 1, 64, 0, 1, 0, length >> 8, length & 255]);
  assert.is(readClientHello(head), 'too-large');
});

test('nothing that comes throws', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(named, bare),
      fc.array(fc.tuple(fc.nat(600), fc.nat(255)), { minLength: 1, maxLength: 8 }),
      fc.nat(600),
      (hello, changes, cut) => {
        const octets = Buffer.from(hello);
        for (const [at, value] of changes) if (at < octets.length) octets[at] = value;
        for (const part of [octets, octets.subarray(0, cut)]) {
          const found = readClientHello(part);
          if (typeof found === 'string') assert.ok(['more', 'not-tls', 'too-large'].includes(found));
          else assert.type(found.serverName, 'string');
        }
      },
    ),
    { numRuns: 1000 },
  );
});

test.run();
