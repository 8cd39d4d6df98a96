/**
 * Which encoding a response gets, by the request's `accept-encoding` and the compressors of the chain (RFC 9110 section
 * 12.5.3).
 */

/** Names of the counters that a choice touches. */
export type ChoiceReason =
  | 'no_accept_header'
  | 'header_identity'
  | 'header_wildcard'
  | 'header_not_valid'
  | 'chosen';

export interface EncodingChoice {
  /** `identity`: none. */
  readonly encoding: string;
  readonly reason: ChoiceReason;
}

interface Accepted {
  readonly encoding: string;
  readonly quality: number;
}

/** Values whose quality cannot be read are as if they were not there. */
function parse(header: string): Accepted[] {
  const accepted: Accepted[] = [];
  for (const token of header.split(',')) {
    const [name = '', parameter] = token.split(';');
    const encoding = name.trim();
    if (encoding === '') continue;
    const [key = '', value] = (parameter ?? '').split('=');
    if (value === undefined || key.trim().toLowerCase() !== 'q') {
      accepted.push({ encoding, quality: 1 });
      continue;
    }
    const quality = value.trim() === '' ? Number.NaN : Number(value);
    if (!Number.isNaN(quality)) accepted.push({ encoding, quality });
  }
  return accepted;
}

const notValid: EncodingChoice = { encoding: 'identity', reason: 'header_not_valid' };

/**
 * @param header `accept-encoding`; undefined: absent
 * @param offered encodings of the compressors that take this response, the preferred one first
 */
export function chooseEncoding(header: string | undefined, offered: readonly string[]): EncodingChoice {
  if (header === undefined) return { encoding: 'identity', reason: 'no_accept_header' };
  const accepted = parse(header);
  const forbidden = new Set(accepted.filter(({ quality }) => quality === 0).map(({ encoding }) => encoding));
  const left = offered.filter((encoding) => !forbidden.has(encoding));
  let best: Accepted = { encoding: 'identity', quality: 0 };
  let rank = Number.POSITIVE_INFINITY;
  for (const one of accepted) {
    const at = left.indexOf(one.encoding);
    const isKnown = at >= 0 || one.encoding === 'identity' || (one.encoding === '*' && left.length > 0);
    if (!isKnown || one.quality === 0) continue;
    const ownRank = at < 0 ? Number.POSITIVE_INFINITY : at;
    if (one.quality < best.quality || (one.quality === best.quality && ownRank >= rank)) continue;
    best = one;
    rank = ownRank;
  }
  if (best.quality === 0) return notValid;
  if (best.encoding === 'identity') return { encoding: 'identity', reason: 'header_identity' };
  if (best.encoding === '*') return { encoding: left[0] as string, reason: 'header_wildcard' };
  return { encoding: best.encoding, reason: 'chosen' };
}
