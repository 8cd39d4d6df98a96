/**
 * Answers in wire form. Most questions are asked again and again while nothing changes: then a reply is the header, the
 * question as it came, and octets that are already there, in another order.
 */
import { encodeMessage } from '../../network/dns/encode.js';
import type { DnsMessage, ResourceRecord } from '../../network/dns/message.js';
import type { Answer, AnswerSource } from './zone.js';

/** An answer that needs no encoder any more. */
export interface CompiledAnswer {
  readonly source: AnswerSource;
  /** Of the source, when it was compiled. */
  readonly version: number;
  readonly rcode: number;
  /** One per answer: all but the owner, which is the question. SRV has its target 6 octets into its data. */
  readonly parts: readonly Buffer[];
  /** Per part, what follows the pointer to its target; empty for none. */
  readonly additionalParts: readonly Buffer[];
  /** Other additional records, whole, with no pointers in them. */
  readonly tail: Buffer;
  readonly tailRecords: number;
  /** Authorities, whole; pointers lead into the question, which must be as long as the one it was compiled for. */
  readonly authority: Buffer;
  readonly authorityRecords: number;
  /** Where the serial number of the SOA is in `authority`; -1 for none. */
  readonly serialAt: number;
  /** Octets of the reply behind the question, when nothing is left out. */
  readonly size: number;
}

/** Entries; beyond that all are forgotten, so that no client can fill the memory. */
const maxEntries = 16_384;
const pointerBytes = 2;

function skipName(octets: Buffer, start: number): number {
  let at = start;
  for (;;) {
    const length = octets[at] as number;
    if (length >= 0xc0) return at + 2;
    at += length + 1;
    if (length === 0) return at;
  }
}

/** Type, class, TTL, length and data of a record, spelled out. */
function bodyOf(record: ResourceRecord, base: DnsMessage): Buffer {
  const octets = encodeMessage(
    { ...base, questions: [], answers: [record], authorities: [], additionals: [], edns: undefined },
    { compress: false },
  );
  return Buffer.from(octets.subarray(skipName(octets, 12)));
}

function wholeRecord(record: ResourceRecord, base: DnsMessage): Buffer {
  const octets = encodeMessage(
    { ...base, questions: [], answers: [record], authorities: [], additionals: [], edns: undefined },
    { compress: false },
  );
  return Buffer.from(octets.subarray(12));
}

/**
 * @param base the reply without records, with its question
 * @returns undefined when the answer is not of the kind that can be put together from parts
 */
export function compileAnswer(answer: Answer, base: DnsMessage, version: number): CompiledAnswer | undefined {
  const { groups, authorities, source } = answer;
  if (source.kind === 'unknown' || answer.limit > 0 || answer.leadsTo !== undefined) return undefined;
  if (answer.answers.length > 0 || answer.additionals.length > 0) return undefined;
  const parts: Buffer[] = [];
  const additionalParts: Buffer[] = [];
  const tail = new Map<string, Buffer>();
  const targets = new Map<string, number>();
  for (const { answer: record } of groups) {
    if (record.type === 'SRV') targets.set(record.target, (targets.get(record.target) ?? 0) + 1);
  }
  for (const { answer: record, additionals } of groups) {
    parts.push(bodyOf(record, base));
    const [first, ...rest] = additionals;
    const target = record.type === 'SRV' ? record.target : undefined;
    if (first !== undefined && first.name !== target) return undefined;
    // The address of a target that several have comes once, behind the others.
    const isShared = first !== undefined && (targets.get(first.name) ?? 0) > 1;
    additionalParts.push(first === undefined || isShared ? Buffer.alloc(0) : bodyOf(first, base));
    for (const one of isShared ? additionals : rest) {
      if (one.type !== 'TXT' && one !== first) return undefined;
      const octets = wholeRecord(one, base);
      tail.set(octets.toString('latin1'), octets);
    }
  }
  const shown = encodeMessage({ ...base, authorities });
  const questionEnd = encodeMessage(base).length;
  const authority = Buffer.from(shown.subarray(questionEnd));
  const tailOctets = Buffer.concat([...tail.values()]);
  const size =
    parts.reduce((sum, part) => sum + pointerBytes + part.length, 0) +
    additionalParts.reduce((sum, part) => sum + (part.length === 0 ? 0 : pointerBytes + part.length), 0) +
    tailOctets.length +
    authority.length;
  return {
    source,
    version,
    rcode: answer.rcode,
    parts,
    additionalParts,
    tail: tailOctets,
    tailRecords: tail.size,
    authority,
    authorityRecords: authorities.length,
    // serial, refresh, retry, expire and minimum end a SOA.
    serialAt: authorities.at(-1)?.type === 'SOA' ? authority.length - 20 : -1,
    size,
  };
}

/** Octets of type and class. */
const typeBytes = 4;

/**
 * Name, type and class of a question as a text. Case of the name does not count (RFC 4343), so that resolvers that vary
 * it do not have an answer kept for each variation.
 */
export function questionKey(query: Buffer, questionEnd: number): string {
  const key = query.toString('latin1', 12, questionEnd);
  // Lengths of labels are below the letters.
  if (!/[A-Z]/.test(key)) return key;
  const name = key.slice(0, -typeBytes).replace(/[A-Z]+/g, (letters) => letters.toLowerCase());
  return name + key.slice(-typeBytes);
}

/** Compiled answers by question: name, type and class in wire form. */
export class AnswerCache {
  readonly #entries = new Map<string, CompiledAnswer>();

  get(key: string): CompiledAnswer | undefined {
    return this.#entries.get(key);
  }

  set(key: string, compiled: CompiledAnswer): void {
    if (this.#entries.size >= maxEntries) this.#entries.clear();
    this.#entries.set(key, compiled);
  }
}

/** Octets of an OPT record without options. */
const optBytes = 11;

export interface AssembleOptions {
  readonly query: Buffer;
  readonly questionEnd: number;
  readonly recursionAvailable: boolean;
  /** UDP size told in OPT; undefined for no OPT. */
  readonly edns: number | undefined;
  readonly serial: number;
  /** 0 to below 1. */
  readonly random: () => number;
}

/** Size of the whole reply. */
export function assembledSize(compiled: CompiledAnswer, questionEnd: number, edns: boolean): number {
  return questionEnd + compiled.size + (edns ? optBytes : 0);
}

/** Order of the parts, kept between calls: shuffling what is shuffled is shuffling. */
const orders = new Map<number, Uint16Array>();

function shuffledOrder(count: number, random: () => number): Uint16Array {
  let order = orders.get(count);
  if (order === undefined) {
    order = Uint16Array.from({ length: count }, (_, index) => index);
    if (orders.size > 1024) orders.clear();
    orders.set(count, order);
  }
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const kept = order[last] as number;
    order[last] = order[other] as number;
    order[other] = kept;
  }
  return order;
}

/** The reply to a query whose answer is compiled and fits. */
export function assemble(compiled: CompiledAnswer, options: AssembleOptions): Buffer {
  const { query, questionEnd, edns } = options;
  const { parts, additionalParts } = compiled;
  const reply = Buffer.allocUnsafe(assembledSize(compiled, questionEnd, edns !== undefined));
  query.copy(reply, 0, 0, questionEnd);
  // QR and AA; opcode and RD are the query's.
  reply[2] = 0x84 | ((query[2] as number) & 0x79);
  reply[3] = (options.recursionAvailable ? 0x80 : 0) | ((query[3] as number) & 0x10) | compiled.rcode;
  reply.writeUInt16BE(parts.length, 6);
  reply.writeUInt16BE(compiled.authorityRecords, 8);
  let at = questionEnd;
  const order = shuffledOrder(parts.length, options.random);
  for (let index = 0; index < parts.length; index++) {
    const part = parts[order[index] as number] as Buffer;
    reply[at] = 0xc0;
    reply[at + 1] = 0x0c;
    reply.set(part, at + pointerBytes);
    at += pointerBytes + part.length;
  }
  if (compiled.authorityRecords > 0) {
    reply.set(compiled.authority, at);
    if (compiled.serialAt >= 0) reply.writeUInt32BE(options.serial, at + compiled.serialAt);
    at += compiled.authority.length;
  }
  let additionals = compiled.tailRecords;
  let answerAt = questionEnd;
  for (let index = 0; index < parts.length; index++) {
    const which = order[index] as number;
    const additional = additionalParts[which] as Buffer;
    if (additional.length > 0) {
      // Behind the owner: type, class, TTL and length, then priority, weight and port of the SRV.
      reply.writeUInt16BE(0xc000 | (answerAt + pointerBytes + 16), at);
      reply.set(additional, at + pointerBytes);
      at += pointerBytes + additional.length;
      additionals++;
    }
    answerAt += pointerBytes + (parts[which] as Buffer).length;
  }
  reply.set(compiled.tail, at);
  at += compiled.tail.length;
  if (edns !== undefined) {
    reply[at] = 0;
    reply.writeUInt16BE(41, at + 1);
    reply.writeUInt16BE(edns, at + 3);
    reply.fill(0, at + 5, at + optBytes);
    additionals++;
  }
  reply.writeUInt16BE(additionals, 10);
  return reply;
}
