/**
 * A reader of DER (ITU-T X.690), as far as certificates and OCSP responses need it: definite lengths, tags below 31.
 */

// Tags of the universal class, and those with a number in a context.
export const BOOLEAN = 0x01;
export const BIT_STRING = 0x03;
export const OCTET_STRING = 0x04;
export const OBJECT_IDENTIFIER = 0x06;
export const ENUMERATED = 0x0a;
export const SEQUENCE = 0x30;
export const contextTag = (number: number, isConstructed = true): number =>
  (isConstructed ? 0xa0 : 0x80) | number;

export interface DerNode {
  readonly tag: number;
  readonly content: Buffer;
  /** Tag and length included. */
  readonly whole: Buffer;
}

/** @throws Error when the octets are no DER */
export function readDer(octets: Buffer, from = 0): DerNode {
  const tag = octets[from];
  let length = octets[from + 1];
  if (tag === undefined || length === undefined || (tag & 0x1f) === 0x1f) throw new Error('no DER');
  let at = from + 2;
  if (length >= 0x80) {
    const count = length & 0x7f;
    if (count === 0 || count > 4 || at + count > octets.length) throw new Error('no DER');
    length = octets.readUIntBE(at, count);
    at += count;
  }
  if (at + length > octets.length) throw new Error('no DER');
  return { tag, content: octets.subarray(at, at + length), whole: octets.subarray(from, at + length) };
}

/** What a constructed node, or any octets, hold one after the other. @throws Error when they are no DER */
export function derChildren(content: Buffer): DerNode[] {
  const nodes: DerNode[] = [];
  for (let at = 0; at < content.length; ) {
    const node = readDer(content, at);
    nodes.push(node);
    at += node.whole.length;
  }
  return nodes;
}

/** The dotted form of an object identifier. */
export function derOid(content: Buffer): string {
  const numbers: number[] = [];
  let value = 0;
  for (const octet of content) {
    value = value * 128 + (octet & 0x7f);
    if (octet < 0x80) {
      numbers.push(value);
      value = 0;
    }
  }
  const [first = 0, ...rest] = numbers;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...rest].join('.');
}

/** The text of one of ASN.1's string types; undefined for other types. */
export function derText({ content, tag }: DerNode): string | undefined {
  switch (tag) {
    case 12: // UTF8String
      return content.toString('utf8');
    case 18: // NumericString
    case 19: // PrintableString
    case 20: // T61String
    case 22: // IA5String
    case 26: // VisibleString
      return content.toString('latin1');
    case 30: // BMPString
      return Buffer.from(content.subarray(0, content.length & ~1))
        .swap16()
        .toString('utf16le');
    case 28: {
      // UniversalString
      let text = '';
      for (let at = 0; at + 4 <= content.length; at += 4) {
        const point = content.readUInt32BE(at);
        text += point <= 0x10ffff ? String.fromCodePoint(point) : '\ufffd';
      }
      return text;
    }
    default:
      return undefined;
  }
}

/** `UTCTime` or `GeneralizedTime` in milliseconds since the epoch (RFC 5280 section 4.1.2.5); NaN for anything else. */
export function derTime({ content, tag }: DerNode): number {
  const text = content.toString('latin1');
  const match = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})(?:\.\d+)?Z$/.exec(text);
  if (match === null) return Number.NaN;
  const [, given = '', month, day, hour, minute, second] = match;
  const year = tag === 23 ? Number(given) + (Number(given) < 50 ? 2000 : 1900) : Number(given);
  return Date.UTC(year, Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}
