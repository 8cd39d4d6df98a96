/**
 * One DNS message in, at most one out: what a transport does not need to know. Never throws.
 */
import type { DnsMessage, Edns, Question, ResourceRecord } from '../../network/dns/message.js';
import { CLASS_IN, message, rcodes, typeName } from '../../network/dns/message.js';
import { AnswerCache, assemble, assembledSize, compileAnswer, questionKey } from './answer-cache.js';
import type { Query } from './query.js';
import { parseQuery, questionName } from './query.js';
import { trimAsConsul, trimComplete } from './trim.js';
import type { Answer, Zone } from './zone.js';

/** Without EDNS0 (RFC 1035 section 2.3.4). */
const plainUdpBytes = 512;
/** Targets of SRV beyond this cannot be pointed to (RFC 1035 section 4.1.4). */
const maxPointedBytes = 0x4000;
const badVersion = 16; // BADVERS, RFC 6891 section 6.1.3
const opcodes = { QUERY: 0, NOTIFY: 4 };
const subnetOption = 8;

export type Transport = 'udp' | 'tcp';

/** Who asks other servers for what is in no zone of ours. */
export interface Forwarder {
  /** A whole reply, of which the id is replaced. Never rejects: what cannot be had is SERVFAIL. */
  forward(question: Question, transport: Transport): Promise<DnsMessage>;
}

export interface ResponderOptions {
  readonly zone: Zone;
  /** 0 to below 1, for the order of answers. Default Math.random. */
  readonly random?: () => number;
  /** undefined: questions for other zones are refused. */
  readonly forwarder?: Forwarder;
}

export interface Responder {
  /**
   * @returns the octets to send back; undefined for what deserves no answer: less than a header, or a response, which
   *   two servers would otherwise send each other for ever
   */
  reply(octets: Buffer, transport: Transport): Buffer | undefined | Promise<Buffer | undefined>;
}

/** Answers a question that cannot be read with its first twelve octets. */
function bare(octets: Uint8Array, rcode: number): Buffer {
  const reply = Buffer.alloc(12);
  reply[0] = octets[0] as number;
  reply[1] = octets[1] as number;
  const flags = octets[2] as number;
  reply[2] = 0x80 | (flags & 0x79); // QR, and the opcode and RD of the question
  reply[3] = rcode;
  return reply;
}

/** Fisher-Yates, so that clients that take the first answer are spread. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const list = [...items];
  for (let last = list.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [list[last], list[other]] = [list[other] as T, list[last] as T];
  }
  return list;
}

/** Each record once, in the order of their first appearance. */
function unique(records: readonly ResourceRecord[]): ResourceRecord[] {
  const found = new Map<string, ResourceRecord>();
  for (const record of records) {
    const key = JSON.stringify(record);
    if (!found.has(key)) found.set(key, record);
  }
  return [...found.values()];
}

class ConsulResponder implements Responder {
  readonly #zone: Zone;
  readonly #random: () => number;
  readonly #forwarder: Forwarder | undefined;
  readonly #cache = new AnswerCache();

  constructor(options: ResponderOptions) {
    this.#zone = options.zone;
    this.#random = options.random ?? Math.random;
    this.#forwarder = options.forwarder;
  }

  reply(octets: Buffer, transport: Transport): Buffer | undefined | Promise<Buffer | undefined> {
    if (octets.length < 12 || ((octets[2] as number) & 0x80) !== 0) return undefined;
    const { strict } = this.#zone.config;
    const opcode = ((octets[2] as number) >> 3) & 15;
    if (opcode !== opcodes.QUERY && !(strict && opcode === opcodes.NOTIFY)) {
      return bare(octets, rcodes.NOTIMP);
    }
    const query = parseQuery(octets);
    if (query === undefined) {
      const isBare = strict && octets.length === 12 && octets.readUInt16BE(4) === 1;
      return bare(octets, isBare ? rcodes.REFUSED : rcodes.FORMERR);
    }
    return this.#cached(octets, query, transport) ?? this.#whole(octets, query, transport);
  }

  /** What the client takes, octets. */
  #limit(query: Query, transport: Transport): number {
    if (transport === 'tcp') return maxPointedBytes;
    return Math.min(this.#zone.config.maxUdpBytes, Math.max(plainUdpBytes, query.edns?.udpSize ?? 0));
  }

  /** The way of most questions: a known answer that fits whole. */
  #cached(octets: Buffer, query: Query, transport: Transport): Buffer | undefined {
    const { config } = this.#zone;
    const { edns, questionEnd } = query;
    if (config.strict || config.disableCompression) return undefined;
    if (edns !== undefined && (edns.version > 0 || edns.subnet !== undefined)) return undefined;
    const compiled = this.#cache.get(questionKey(octets, questionEnd));
    if (compiled === undefined || this.#zone.version(compiled.source) !== compiled.version) return undefined;
    const limit = this.#limit(query, transport);
    if (assembledSize(compiled, questionEnd, edns !== undefined) > limit) return undefined;
    if (
      config.udpAnswerLimit !== undefined &&
      transport === 'udp' &&
      limit === plainUdpBytes &&
      compiled.parts.length > config.udpAnswerLimit
    ) {
      return undefined;
    }
    return assemble(compiled, {
      query: octets,
      questionEnd,
      recursionAvailable: this.#forwarder !== undefined,
      edns: edns === undefined ? undefined : config.maxUdpBytes,
      serial: compiled.serialAt < 0 ? 0 : this.#zone.serial(),
      random: this.#random,
    });
  }

  #whole(
    octets: Buffer,
    query: Query,
    transport: Transport,
  ): Buffer | undefined | Promise<Buffer | undefined> {
    try {
      const { strict } = this.#zone.config;
      const question: Question = {
        name: questionName(octets),
        type: typeName(query.type),
        class: query.class,
      };
      if (!strict && query.edns !== undefined && query.edns.version > 0) {
        return this.#encode(query, question, transport, undefined, badVersion);
      }
      const answer = this.#zone.answer(question);
      if (answer === undefined) {
        return this.#forwarder === undefined
          ? this.#encode(query, question, transport, undefined, rcodes.REFUSED)
          : this.#elsewhere(octets, query, question, transport, this.#forwarder);
      }
      if (answer.leadsTo !== undefined && this.#forwarder !== undefined) {
        return answer.answers.length === 0
          ? this.#elsewhere(octets, query, question, transport, this.#forwarder)
          : this.#followed(octets, query, question, transport, { ...answer, target: answer.leadsTo });
      }
      this.#remember(octets, query, question, answer);
      return this.#encode(query, question, transport, answer, answer.rcode);
    } catch {
      // A registered name that is too long for a DNS name, for example.
      return bare(octets, rcodes.SERVFAIL);
    }
  }

  #remember(octets: Buffer, query: Query, question: Question, answer: Answer): void {
    if (query.class !== CLASS_IN || this.#zone.config.strict) return;
    const version = this.#zone.version(answer.source);
    const base = message({ response: true, questions: [question] });
    const compiled = compileAnswer(answer, base, version);
    if (compiled !== undefined) this.#cache.set(questionKey(octets, query.questionEnd), compiled);
  }

  async #elsewhere(
    octets: Buffer,
    query: Query,
    question: Question,
    transport: Transport,
    forwarder: Forwarder,
  ): Promise<Buffer | undefined> {
    const reply = await forwarder.forward(question, transport);
    try {
      return this.#trim(
        {
          ...reply,
          id: query.id,
          recursionDesired: (query.flags & 1) !== 0,
          recursionAvailable: true,
          questions: [question],
          edns: this.#edns(query, false, 0),
        },
        query,
        transport,
      );
    } catch {
      return bare(octets, rcodes.SERVFAIL);
    }
  }

  /** What the zone's own answer leads to outside, asked of others. */
  async #followed(
    octets: Buffer,
    query: Query,
    question: Question,
    transport: Transport,
    answer: Answer & { readonly target: string },
  ): Promise<Buffer | undefined> {
    const { target } = answer;
    const type = question.type === 'AAAA' && !this.#zone.config.strict ? 'AAAA' : 'A';
    const found = await (this.#forwarder as Forwarder).forward(
      { name: target, type, class: CLASS_IN },
      transport,
    );
    try {
      const followed = { ...answer, answers: [...answer.answers, ...found.answers] };
      return this.#encode(query, question, transport, followed, answer.rcode);
    } catch {
      return bare(octets, rcodes.SERVFAIL);
    }
  }

  #edns(query: Query, scoped: boolean, extendedRcode: number): Edns | undefined {
    const { edns } = query;
    if (edns === undefined) return undefined;
    const { strict, maxUdpBytes } = this.#zone.config;
    const options: { code: number; data: Uint8Array }[] = [];
    if (edns.subnet !== undefined) {
      const data = Buffer.from(edns.subnet);
      data[3] = scoped ? (data[2] as number) : 0;
      options.push({ code: subnetOption, data });
    }
    return {
      udpSize: strict ? edns.udpSize : maxUdpBytes,
      version: 0,
      dnssecOk: false,
      extendedRcode,
      options,
    };
  }

  #encode(
    query: Query,
    question: Question,
    transport: Transport,
    answer: Answer | undefined,
    rcode: number,
  ): Buffer {
    const { strict } = this.#zone.config;
    const all = shuffled(answer?.groups ?? [], this.#random);
    const groups = answer !== undefined && answer.limit > 0 ? all.slice(0, answer.limit) : all;
    const additionals = [...groups.flatMap((group) => group.additionals), ...(answer?.additionals ?? [])];
    const reply = message({
      id: query.id,
      response: true,
      opcode: query.opcode,
      recursionDesired: (query.flags & 1) !== 0,
      recursionAvailable: this.#forwarder !== undefined,
      checkingDisabled: query.checkingDisabled,
      questions: [question],
      authoritative: answer?.authoritative ?? false,
      rcode: rcode & 15,
      answers: [...groups.map((group) => group.answer), ...(answer?.answers ?? [])],
      authorities: answer?.authorities ?? [],
      additionals: strict ? additionals : unique(additionals),
      edns: this.#edns(query, answer?.scoped ?? false, rcode >> 4),
    });
    return this.#trim(reply, query, transport);
  }

  #trim(reply: DnsMessage, query: Query, transport: Transport): Buffer {
    const { config } = this.#zone;
    const trim = config.strict ? trimAsConsul : trimComplete;
    return trim(reply, {
      transport,
      udpSize: Math.min(config.maxUdpBytes, Math.max(plainUdpBytes, query.edns?.udpSize ?? 0)),
      udpAnswerLimit: config.udpAnswerLimit,
      enableTruncate: config.enableTruncate,
      compress: !config.disableCompression,
    });
  }
}

/** Answers for a zone. */
export function createResponder(options: ResponderOptions): Responder {
  return new ConsulResponder(options);
}
