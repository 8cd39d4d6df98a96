/**
 * Makes a reply fit. Two ways: ours, which leaves out as little as it can and says so, and Consul's, which clients of
 * Consul may have been built around.
 */
import { encodeMessage } from '../../network/dns/encode.js';
import type { DnsMessage, ResourceRecord } from '../../network/dns/message.js';
import { canonicalName } from '../../network/dns/name.js';

export interface TrimOptions {
  readonly transport: 'udp' | 'tcp';
  /** What the client takes over UDP, octets: 512 without EDNS. */
  readonly udpSize: number;
  /** Most answers without EDNS; undefined for no limit. */
  readonly udpAnswerLimit: number | undefined;
  readonly enableTruncate: boolean;
  readonly compress: boolean;
}

const plainUdpBytes = 512;
const maxTcpBytes = 65_535;
/** However high the limit is set, more do not go without EDNS. */
const mostPlainAnswers = 8;

/** Largest number of items that fit, when `fits` holds up to some number and not beyond it. */
function largest(count: number, fits: (count: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** What no message can hold stays away before it is encoded to be measured. */
function atMost<T>(records: readonly T[], count: number): readonly T[] {
  return records.length > count ? records.slice(0, count) : records;
}

/**
 * Leaves out additional records first, which says nothing (RFC 2181 section 9), then answers, which sets TC, so that the
 * client asks again over TCP.
 */
export function trimComplete(whole: DnsMessage, options: TrimOptions): Buffer {
  const { compress, enableTruncate, transport } = options;
  const maxBytes = transport === 'tcp' ? maxTcpBytes : options.udpSize;
  const encode = (message: DnsMessage): Buffer => encodeMessage(message, { compress });
  const limit = options.udpAnswerLimit;
  const isPlain = transport === 'udp' && options.udpSize <= plainUdpBytes;
  const limited = limit !== undefined && isPlain && whole.answers.length > Math.min(limit, mostPlainAnswers);
  const reply: DnsMessage = {
    ...whole,
    answers: limited
      ? whole.answers.slice(0, Math.min(limit, mostPlainAnswers))
      : atMost(whole.answers, 5000),
    additionals: atMost(whole.additionals, 5000),
    truncated: limited && enableTruncate,
  };
  const encoded = encode(reply);
  if (encoded.length <= maxBytes) return encoded;
  const withAdditionals = (count: number) => ({ ...reply, additionals: reply.additionals.slice(0, count) });
  const additionals = largest(
    reply.additionals.length,
    (count) => encode(withAdditionals(count)).length <= maxBytes,
  );
  const shorter = encode(withAdditionals(additionals));
  if (shorter.length <= maxBytes) return shorter;
  const withAnswers = (count: number) => ({
    ...reply,
    truncated: enableTruncate,
    additionals: [],
    authorities: [],
    answers: reply.answers.slice(0, count),
  });
  return encode(
    withAnswers(largest(reply.answers.length, (count) => encode(withAnswers(count)).length <= maxBytes)),
  );
}

/** The first record of each name, which is all that survives trimming. */
function firstByName(records: readonly ResourceRecord[]): ReadonlyMap<string, ResourceRecord> {
  const found = new Map<string, ResourceRecord>();
  for (const record of records) {
    const name = canonicalName(record.name);
    if (!found.has(name)) found.set(name, record);
  }
  return found;
}

/** Additional records of the targets that are left. */
function ofTargets(
  answers: readonly ResourceRecord[],
  known: ReadonlyMap<string, ResourceRecord>,
): ResourceRecord[] {
  const kept: ResourceRecord[] = [];
  const seen = new Set<string>();
  for (const answer of answers) {
    let target = answer.type === 'SRV' ? canonicalName(answer.target) : undefined;
    while (target !== undefined && !seen.has(target)) {
      seen.add(target);
      const record = known.get(target);
      if (record !== undefined) kept.push(record);
      target = record?.type === 'CNAME' ? canonicalName(record.target) : undefined;
    }
  }
  return kept;
}

/** Octets that Consul leaves free for the header of UDP. */
const udpHeaderBytes = 8;
/** Over the size by more than this, it searches instead of taking one answer away at a time. */
const searchAboveBytes = 100;
/** This close below the size is close enough for its search. */
const closeBytes = 10;
const tcpLimits = { bytes: 65_523, answers: 4096, srvAnswers: 1024 };

/**
 * As Consul trims: to a handful of answers without EDNS, measuring uncompressed once it has; one additional record per
 * target after that, and no OPT.
 */
export function trimAsConsul(reply: DnsMessage, options: TrimOptions): Buffer {
  const { compress, enableTruncate, transport } = options;
  const count = reply.answers.length;
  const isTcp = transport === 'tcp';
  const maxBytes = isTcp ? tcpLimits.bytes : options.udpSize;
  const hasExtra = reply.additionals.length > 0 || reply.edns !== undefined;
  const known = firstByName(reply.additionals);
  let measureCompressed = compress;
  let now = reply;
  const cut = (answers: readonly ResourceRecord[]): DnsMessage => ({
    ...now,
    answers,
    ...(hasExtra ? { additionals: ofTargets(answers, known), edns: undefined } : {}),
  });
  const size = (message: DnsMessage): number =>
    encodeMessage(message, { compress: measureCompressed }).length;
  const search = (message: DnsMessage): number => {
    let start = 0;
    let end = message.answers.length + 1;
    while (end - start > 1) {
      const middle = start + Math.floor((end - start) / 2);
      const length = size(cut(message.answers.slice(0, middle)));
      if (length > maxBytes) end = middle;
      else if (maxBytes - length < closeBytes) return middle;
      else start = middle;
    }
    return start;
  };

  if (isTcp) {
    const most = reply.answers[0]?.type === 'SRV' ? tcpLimits.srvAnswers : tcpLimits.answers;
    if (count > most) now = cut(reply.answers.slice(0, most));
  } else if (maxBytes === plainUdpBytes) {
    const most = Math.min(mostPlainAnswers, options.udpAnswerLimit ?? mostPlainAnswers);
    if (count > most) {
      measureCompressed = false;
      now = cut(reply.answers.slice(0, most));
    }
  }
  const room = isTcp ? maxBytes : maxBytes - udpHeaderBytes;
  while (now.answers.length > 1 && size(now) > room) {
    now = { ...now, authorities: [] };
    const over = size(now) - maxBytes;
    const left = over > searchAboveBytes ? search(now) : now.answers.length - 1;
    now = cut(now.answers.slice(0, Math.max(1, left)));
  }
  const truncated = enableTruncate && now.answers.length < count;
  return encodeMessage(truncated ? { ...now, truncated } : now, { compress });
}
