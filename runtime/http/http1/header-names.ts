/**
 * Names of fields as they come over the wire, turned into interned lower-case names with what the codec must know about
 * each. Found by the octets themselves, so that a known name costs no string.
 */
import { requestInlineHeaders, responseInlineHeaders } from '../../common/inline-headers.js';

/** What a field means to the codec itself. */
export const ORDINARY = 0;
export const HOST = 1;
export const CONTENT_LENGTH = 2;
export const TRANSFER_ENCODING = 3;
export const CONNECTION = 4;
export const UPGRADE = 5;
export const TE = 6;
/** `keep-alive`: never forwarded. */
export const HOP_BY_HOP = 7;
export const PROXY_CONNECTION = 8;
export const HTTP2_SETTINGS = 9;

export interface HeaderName {
  /** Lower case. */
  readonly name: string;
  readonly meaning: number;
  /**
   * Place of its bit among the fields whose repeats Envoy joins by a comma (its "inline headers", measured on 1.40; all
   * others stay separate lines), -1 when it is none of them.
   */
  readonly requestInline: number;
  readonly responseInline: number;
  readonly underscore: boolean;
}

const meanings: Readonly<Record<string, number>> = {
  host: HOST,
  'content-length': CONTENT_LENGTH,
  'transfer-encoding': TRANSFER_ENCODING,
  connection: CONNECTION,
  upgrade: UPGRADE,
  te: TE,
  'keep-alive': HOP_BY_HOP,
  'proxy-connection': PROXY_CONNECTION,
  'http2-settings': HTTP2_SETTINGS,
};

// The place in the list is the bit of a name.
const requestInline = [...requestInlineHeaders];
const responseInline = [...responseInlineHeaders];

/** Names seen often that are in neither list. */
const others =
  `accept-language accept-ranges allow alt-svc content-disposition content-language cookie dnt forwarded link
  priority range retry-after sec-ch-ua sec-ch-ua-mobile sec-ch-ua-platform sec-fetch-dest sec-fetch-mode sec-fetch-site
  sec-fetch-user sec-websocket-accept sec-websocket-extensions sec-websocket-key sec-websocket-protocol
  sec-websocket-version set-cookie strict-transport-security traceparent tracestate trailer upgrade-insecure-requests
  www-authenticate x-content-type-options x-frame-options x-real-ip`.split(/\s+/);

/** V8 compares interned strings by address; a key of an object is always interned. */
function interned(name: string): string {
  return Object.keys({ [name]: 0 })[0] as string;
}

function headerName(name: string): HeaderName {
  return {
    name: interned(name),
    meaning: meanings[name] ?? ORDINARY,
    requestInline: requestInline.indexOf(name),
    responseInline: responseInline.indexOf(name),
    underscore: name.includes('_'),
  };
}

/** One spelling of a name, with the octets to compare. */
interface Spelling {
  readonly octets: Uint8Array;
  readonly header: HeaderName;
}

// Direct-mapped: a spelling has one slot, found by the hash that the scanner makes on its way. Known names sit in a
// table of their own that nobody can push them out of; all others share a table in which the last one wins, so an
// attacker with ever new names costs a string each and nothing that stays.
const slots = 4096;
const known: (Spelling | undefined)[] = new Array(slots).fill(undefined);
const learned: (Spelling | undefined)[] = new Array(slots).fill(undefined);
/** Longer names are not kept. */
const maxLearnedLength = 64;

const properNames = new Map<string, string>();
const maxProperNames = 1024;

/** One step of the hash over the octets of a name: the scanner calls it per octet, starting from 0. */
export function hashStep(hash: number, octet: number): number {
  return (Math.imul(hash, 31) + octet) | 0;
}

function slotOf(hash: number): number {
  return (hash ^ (hash >>> 15)) & (slots - 1);
}

function spell(spelling: string, header: HeaderName): void {
  const octets = Uint8Array.from(Buffer.from(spelling, 'latin1'));
  known[slotOf(octets.reduce(hashStep, 0))] ??= { octets, header };
}

for (const name of new Set([...Object.keys(meanings), ...requestInline, ...responseInline, ...others])) {
  const header = headerName(name);
  spell(name, header);
  spell(properCase(name), header);
}

function matches(spelling: Spelling | undefined, bytes: Uint8Array, start: number, length: number): boolean {
  if (spelling === undefined || spelling.octets.length !== length) return false;
  const { octets } = spelling;
  for (let at = 0; at < length; at++) if (octets[at] !== bytes[start + at]) return false;
  return true;
}

/**
 * The name at `bytes[start..end)`, which the caller has checked to be a token.
 * @param hash of its octets, by `hashStep`
 */
export function internHeaderName(bytes: Buffer, start: number, end: number, hash: number): HeaderName {
  const slot = slotOf(hash);
  const first = known[slot];
  if (matches(first, bytes, start, end - start)) return (first as Spelling).header;
  const second = learned[slot];
  if (matches(second, bytes, start, end - start)) return (second as Spelling).header;
  return learn(bytes, start, end, slot);
}

function learn(bytes: Buffer, start: number, end: number, slot: number): HeaderName {
  const header = headerName(bytes.toString('latin1', start, end).toLowerCase());
  if (end - start <= maxLearnedLength) {
    learned[slot] = { octets: Uint8Array.prototype.slice.call(bytes, start, end), header };
  }
  return header;
}

/** `x-request-id` as `X-Request-Id`: what `proper_case_words` writes. Only letters after a dash or at the start change. */
export function properCase(name: string): string {
  let proper = properNames.get(name);
  if (proper === undefined) {
    proper = name.replace(
      /(^|[^a-z0-9])([a-z])/g,
      (_, before: string, letter: string) => before + letter.toUpperCase(),
    );
    if (properNames.size < maxProperNames) properNames.set(name, proper);
  }
  return proper;
}
