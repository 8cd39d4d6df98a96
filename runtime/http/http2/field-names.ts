/** What the writing side must know of a field's name, looked up once for each name there is. */
import { huffmanEncode } from './huffman.js';
import { staticFields, staticNames } from './static-table.js';

/** Put into the dynamic table: it is likely to come again. */
export const INDEXED = 0;
/** Its values differ from message to message, and would push out what comes again. */
export const PLAIN = 1;
/** No intermediary may put it into a table, where its value could be guessed (RFC 7541 section 7.1.3). */
export const NEVER_INDEXED = 2;
/** Connection-specific, or no name at all: not written (RFC 9113 section 8.2.2). */
export const OMITTED = 3;

export interface FieldName {
  readonly text: string;
  /** As a literal spells it, latin1: length and octets, Huffman coded where that is shorter. */
  readonly spelling: string;
  /** Small, and different for each name. */
  readonly number: number;
  readonly use: number;
  /** 0: not in the static table. */
  readonly staticIndex: number;
  readonly staticValues: ReadonlyMap<string, number> | undefined;
}

const uses = new Map<string, number>([
  [':path', PLAIN],
  ['age', PLAIN],
  ['content-length', PLAIN],
  ['content-range', PLAIN],
  ['etag', PLAIN],
  ['grpc-timeout', PLAIN],
  ['if-modified-since', PLAIN],
  ['if-none-match', PLAIN],
  ['last-modified', PLAIN],
  ['location', PLAIN],
  ['traceparent', PLAIN],
  ['x-b3-spanid', PLAIN],
  ['x-b3-traceid', PLAIN],
  ['x-client-trace-id', PLAIN],
  ['x-request-id', PLAIN],
  ['authorization', NEVER_INDEXED],
  ['proxy-authorization', NEVER_INDEXED],
  ['set-cookie', NEVER_INDEXED],
  // In Envoy, short ones only; a session is no less secret for being long.
  ['cookie', NEVER_INDEXED],
  ['connection', OMITTED],
  // Written as `:authority`.
  ['host', OMITTED],
  ['http2-settings', OMITTED],
  ['keep-alive', OMITTED],
  ['proxy-connection', OMITTED],
  ['transfer-encoding', OMITTED],
  ['upgrade', OMITTED],
]);

const names = new Map<string, FieldName>();
/** Of a client that sends ever new names, those beyond it share one number and are never indexed by it. */
const maxNames = 2048;
const badName = /[^!#$%&'*+\-.^_`|~0-9a-z]/;

/** Longer names do not exist in practice; their spelling would need a longer length. */
const maxShortLength = 126;

function spell(text: string): string {
  const packed = huffmanEncode(text);
  return packed.length <= maxShortLength ? String.fromCharCode(0x80 | packed.length) + packed : '';
}

function newFieldName(text: string): FieldName {
  const isKnown = names.size < maxNames;
  const isLegal = text !== '' && (text.charCodeAt(0) === 58 || !badName.test(text));
  const use = isLegal ? (uses.get(text) ?? (isKnown ? INDEXED : PLAIN)) : OMITTED;
  const name: FieldName = {
    text,
    spelling: spell(text),
    number: isKnown ? names.size : maxNames,
    use,
    staticIndex: staticNames.get(text) ?? 0,
    staticValues: staticFields.get(text),
  };
  if (isKnown) names.set(text, name);
  return name;
}

/** @param text lower case */
export function fieldName(text: string): FieldName {
  return names.get(text) ?? newFieldName(text);
}
