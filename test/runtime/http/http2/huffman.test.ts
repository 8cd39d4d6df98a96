import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { huffmanDecode, huffmanEncode, huffmanLength } from '../../../../runtime/http/http2/huffman.js';

const octets = (hex: string): Buffer => Buffer.from(hex.replace(/\s/g, ''), 'hex');
const decode = (bytes: Buffer): string | undefined => huffmanDecode(bytes, 0, bytes.length);

// RFC 7541 appendix C.
const examples: readonly [text: string, code: string][] = [
  ['www.example.com', 'f1e3 c2e5 f23a 6ba0 ab90 f4ff'],
  ['no-cache', 'a8eb 1064 9cbf'],
  ['custom-key', '25a8 49e9 5ba9 7d7f'],
  ['302', '6402'],
  ['private', 'aec3 771a 4b'],
  ['Mon, 21 Oct 2013 20:13:21 GMT', 'd07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff'],
  ['https://www.example.com', '9d29 ad17 1863 c78f 0b97 c8e9 ae82 ae43 d3'],
];

for (const [text, code] of examples) {
  test(`the example of the RFC: ${text}`, () => {
    assert.is(Buffer.from(huffmanEncode(text), 'latin1').toString('hex'), code.replace(/\s/g, ''));
    assert.is(decode(octets(code)), text);
    assert.is(huffmanLength(text), octets(code).length);
  });
}

test('every text of octets comes back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const text = Buffer.from(bytes).toString('latin1');
      const code = Buffer.from(huffmanEncode(text), 'latin1');
      assert.is(code.length, huffmanLength(text));
      assert.is(decode(code), text);
    }),
  );
});

test('a padding of more than seven bits, or not of ones, and the end of string are refused', () => {
  assert.is(decode(octets('ff')), undefined);
  assert.is(decode(octets('6402ff')), undefined);
  assert.is(decode(octets('a8eb10649cbe')), undefined);
  assert.is(decode(octets('ffffffff')), undefined);
  assert.is(decode(Buffer.alloc(0)), '');
});

test('no octets make it throw or loop', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const text = decode(Buffer.from(bytes));
      // What was understood is what it would be written as: there is one code for each text.
      if (text !== undefined) assert.equal(Buffer.from(huffmanEncode(text), 'latin1'), Buffer.from(bytes));
    }),
    { numRuns: 1000 },
  );
});

test.run();
