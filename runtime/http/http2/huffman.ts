/**
 * The Huffman code of HPACK (RFC 7541 section 5.2 and appendix B). The code is canonical: codes of one length follow each
 * other in the order of their symbols, so the lengths say it all.
 */

/** Length of the code of each octet, and of the end of string (256), in bits. */
// biome-ignore format: sixteen symbols a line
const lengths: readonly number[] = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];

const END_OF_STRING = 256;

/** Bits looked up at once; nearly every octet of a header has a code no longer. */
const rootBits = 9;

const codes = new Uint32Array(257);
/** By the next 9 bits: symbol and length as `symbol << 8 | length`, 0 when the code is longer. */
const root = new Uint32Array(1 << rootBits);
/** Of the longer codes: for each length the first code, and where its symbols start in `longSymbols`. */
const firstCode = new Uint32Array(31);
const firstIndex = new Uint32Array(31);
const symbolsOfLength = new Uint32Array(31);
const symbolsInOrder: number[] = [];

function buildTables(): void {
  let code = 0;
  for (let length = 5; length <= 30; length++) {
    firstCode[length] = code;
    firstIndex[length] = symbolsInOrder.length;
    for (let symbol = 0; symbol <= END_OF_STRING; symbol++) {
      if (lengths[symbol] !== length) continue;
      codes[symbol] = code;
      symbolsInOrder.push(symbol);
      symbolsOfLength[length] = (symbolsOfLength[length] as number) + 1;
      if (length <= rootBits) {
        const spare = rootBits - length;
        root.fill((symbol << 8) | length, code << spare, (code + 1) << spare);
      }
      code++;
    }
    code <<= 1;
  }
}
buildTables();

/** Octets of the text in this code. @param text latin1 */
export function huffmanLength(text: string): number {
  let bits = 0;
  for (let at = 0; at < text.length; at++) bits += lengths[text.charCodeAt(at) & 0xff] as number;
  return (bits + 7) >> 3;
}

/** @param text latin1 @returns latin1, one character for each octet of the code */
export function huffmanEncode(text: string): string {
  let encoded = '';
  let held = 0;
  let bits = 0;
  const put = (value: number, length: number): void => {
    held = (held << length) | value;
    for (bits += length; bits >= 8; bits -= 8) encoded += String.fromCharCode((held >>> (bits - 8)) & 0xff);
  };
  for (let at = 0; at < text.length; at++) {
    const symbol = text.charCodeAt(at) & 0xff;
    const length = lengths[symbol] as number;
    const code = codes[symbol] as number;
    // At most 7 bits are held, and codes have up to 30: in two steps they always fit into 32.
    if (length > 16) put(code >>> 16, length - 16);
    put(code & 0xffff, Math.min(length, 16));
  }
  // The rest is filled with the start of the end-of-string code: ones.
  if (bits > 0) put(0xff >> bits, 8 - bits);
  return encoded;
}

let scratch = Buffer.allocUnsafe(1024);

/**
 * @returns latin1; undefined when it is no such code: the end of string within, or a padding that is longer than 7 bits or
 *   not all ones
 */
export function huffmanDecode(bytes: Buffer, start: number, end: number): string | undefined {
  // The shortest code has 5 bits.
  const most = (((end - start) * 8) / 5 + 1) | 0;
  if (scratch.length < most) scratch = Buffer.allocUnsafe(most * 2);
  const out = scratch;
  let size = 0;
  let held = 0;
  let bits = 0;
  let at = start;
  for (;;) {
    while (bits <= 16 && at < end) {
      held = ((held << 8) | (bytes[at++] as number)) & 0xffffff;
      bits += 8;
    }
    const window = bits >= rootBits ? held >>> (bits - rootBits) : held << (rootBits - bits);
    const entry = root[window & ((1 << rootBits) - 1)] as number;
    const length = entry & 0xff;
    if (length !== 0 && length <= bits) {
      out[size++] = entry >>> 8;
      bits -= length;
      held &= (1 << bits) - 1;
      continue;
    }
    if (at >= end && bits < 8) break;
    // A long code: bit by bit, which is rare.
    let code = 0;
    let taken = 0;
    let symbol = -1;
    while (taken < 30) {
      if (bits === 0) {
        if (at >= end) break;
        held = bytes[at++] as number;
        bits = 8;
      }
      bits--;
      code = code * 2 + ((held >>> bits) & 1);
      held &= (1 << bits) - 1;
      taken++;
      const offset = code - (firstCode[taken] as number);
      if (taken > rootBits && offset >= 0 && offset < (symbolsOfLength[taken] as number)) {
        symbol = symbolsInOrder[(firstIndex[taken] as number) + offset] as number;
        break;
      }
    }
    if (symbol < 0 || symbol === END_OF_STRING) return undefined;
    out[size++] = symbol;
  }
  return held === (1 << bits) - 1 ? out.toString('latin1', 0, size) : undefined;
}
