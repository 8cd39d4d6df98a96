import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  BROKEN,
  DECODED,
  HpackDecoder,
  TOO_LARGE,
  TOO_MANY,
} from '../../../../runtime/http/http2/hpack-decoder.js';
import { HpackEncoder } from '../../../../runtime/http/http2/hpack-encoder.js';

const octets = (hex: string): Buffer => Buffer.from(hex.replace(/\s/g, ''), 'hex');

function decode(decoder: HpackDecoder, block: Buffer): string[] {
  assert.is(decoder.decode(block, 0, block.length), DECODED);
  return decoder.fields.map(({ name, value }) => `${name}: ${value}`);
}

const get = [':method: GET', ':scheme: http', ':path: /', ':authority: www.example.com'];

test('requests of one connection, plain and Huffman coded (RFC 7541 appendix C.3 and C.4)', () => {
  const blocks = [
    [
      '8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      '8286 84be 5808 6e6f 2d63 6163 6865',
      '8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65',
    ],
    [
      '8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff',
      '8286 84be 5886 a8eb 1064 9cbf',
      '8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf',
    ],
  ];
  for (const [first = '', second = '', third = ''] of blocks) {
    const decoder = new HpackDecoder(4096, 60_000, 100);
    assert.equal(decode(decoder, octets(first)), get);
    assert.equal(decode(decoder, octets(second)), [...get, 'cache-control: no-cache']);
    assert.equal(decode(decoder, octets(third)), [
      ':method: GET',
      ':scheme: https',
      ':path: /index.html',
      ':authority: www.example.com',
      'custom-key: custom-value',
    ]);
  }
});

test('entries leave a table of 256 octets (RFC 7541 appendix C.5)', () => {
  const decoder = new HpackDecoder(256, 60_000, 100);
  const date = 'date: Mon, 21 Oct 2013 20:13:21 GMT';
  const location = 'location: https://www.example.com';
  assert.equal(
    decode(
      decoder,
      octets(
        '4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      ),
    ),
    [':status: 302', 'cache-control: private', date, location],
  );
  assert.equal(decode(decoder, octets('4803 3330 37c1 c0bf')), [
    ':status: 307',
    'cache-control: private',
    date,
    location,
  ]);
  // `:status: 302` is gone.
  assert.is(decoder.decode(octets('c2'), 0, 1), BROKEN);
});

const wrong: readonly [what: string, block: string][] = [
  ['index 0', '80'],
  ['an index beyond the tables', 'be'],
  ['an integer without end', 'ffffffffffffffffffffff'],
  ['an integer that is cut', 'ff80'],
  ['a text longer than the block', '40 0a 6375'],
  ['a name without a value', '40 01 61'],
  ['a table larger than allowed', '3fe2 1f'],
  ['a change of the table after a field', '82 20'],
  ['a bad Huffman code', '40 81ff 0161'],
];

for (const [what, block] of wrong) {
  test(`refused: ${what}`, () => {
    const bytes = octets(block);
    assert.is(new HpackDecoder(4096, 60_000, 100).decode(bytes, 0, bytes.length), BROKEN);
  });
}

test('T05: one large entry that is referred to again and again costs no more than the limit', () => {
  const decoder = new HpackDecoder(4096, 60 * 1024, 1000);
  const value = 'v'.repeat(3900);
  const length = Buffer.from([0x7f, 0x80 | ((3900 - 127) & 0x7f), (3900 - 127) >> 7]);
  const literal = Buffer.concat([Buffer.from([0x40, 1]), Buffer.from('a'), length, Buffer.from(value)]);
  const block = Buffer.concat([literal, Buffer.alloc(100, 0xbe)]);
  assert.is(decoder.decode(block, 0, block.length), TOO_LARGE);
  assert.ok(decoder.fields.length <= 16);
  // The tables agree all the same.
  assert.equal(decode(decoder, Buffer.from([0xbe])), [`a: ${value}`]);
});

test('T05: more fields than allowed', () => {
  const decoder = new HpackDecoder(4096, 60 * 1024, 100);
  assert.is(decoder.decode(Buffer.alloc(101, 0x82), 0, 101), TOO_MANY);
  assert.is(decoder.decode(Buffer.alloc(100, 0x82), 0, 100), DECODED);
});

test('what the encoder writes the decoder reads, whatever the table sizes', () => {
  const name = fc.constantFrom(
    'a',
    'b',
    'content-type',
    ':path',
    'cookie',
    'x-request-id',
    'server',
    'x'.repeat(60),
  );
  const value = fc.oneof(
    fc.constantFrom('', '/', 'GET', 'text/html', 'v'.repeat(300), 'v'.repeat(700), '\xe9\xff'),
    fc
      .string({ unit: 'binary-ascii', maxLength: 30 })
      // What may not stand in a value is not written.
      .map((text) => text.replace(/[^\t\x20-\x7e]/g, '')),
  );
  const block = fc.array(fc.tuple(name, value), { maxLength: 20 });
  const size = fc.option(fc.constantFrom(0, 64, 200, 1000, 4096), { nil: undefined });
  fc.assert(
    fc.property(fc.array(fc.tuple(size, block), { maxLength: 30 }), (blocks) => {
      const encoder = new HpackEncoder(4096);
      const decoder = new HpackDecoder(4096, 1e9, 1e9);
      for (const [tableSize, fields] of blocks) {
        if (tableSize !== undefined) encoder.setPeerTableSize(tableSize);
        let text = encoder.begin();
        for (const [key, content] of fields) text += encoder.field(key, content);
        const bytes = Buffer.from(text, 'latin1');
        assert.is(decoder.decode(bytes, 0, bytes.length), DECODED);
        assert.equal(
          decoder.fields.map((field) => [field.name, field.value]),
          fields,
        );
      }
    }),
  );
});

test('a field that comes again is one octet; a secret never enters the table', () => {
  const encoder = new HpackEncoder(4096);
  assert.ok(encoder.field('server', 'envoy').length > 1);
  assert.is(encoder.field('server', 'envoy').length, 1);
  const first = encoder.field('authorization', 'Bearer x');
  assert.is(encoder.field('authorization', 'Bearer x'), first);
  assert.is(first.charCodeAt(0) & 0xf0, 0x10);
});

test('no block makes the decoder throw', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 10 }), (blocks) => {
      const decoder = new HpackDecoder(512, 1000, 20);
      for (const block of blocks) {
        const bytes = Buffer.from(block);
        if (decoder.decode(bytes, 0, bytes.length) === BROKEN) return;
        assert.ok(decoder.fields.length <= 20);
      }
    }),
    { numRuns: 1000 },
  );
});

test.run();
