/**
 * Asks other servers for names outside of the zone: one after the other until one answers, and not again while an answer
 * may be kept.
 */
import { randomInt } from 'node:crypto';
import type { Clock } from '../../common/clock.js';
import { encodeMessage } from '../../network/dns/encode.js';
import type { DnsServerAddress } from '../../network/dns/exchange.js';
import { askTcp, askUdp } from '../../network/dns/exchange.js';
import type { DnsMessage, Question, ResourceRecord } from '../../network/dns/message.js';
import { message, rcodes } from '../../network/dns/message.js';
import { canonicalName } from '../../network/dns/name.js';
import type { Forwarder, Transport } from './reply.js';

export interface RecursorsOptions {
  readonly servers: readonly DnsServerAddress[];
  readonly clock: Clock;
  /** For one server. Default 2,000 (`recursor_timeout`). */
  readonly timeoutMs?: number;
  /** Default `sequential` (`recursor_strategy`). */
  readonly strategy?: 'sequential' | 'random';
  /** 0 to below 1. Default Math.random. */
  readonly random?: () => number;
}

/** Replies that are kept; beyond that all are forgotten. */
const maxKept = 4096;
/** Longest time to keep one, and the time for "no such name" without a SOA, seconds. */
const maxTtl = 86_400;
const negativeTtl = 5;
/** Questions that wait for other servers; further ones are answered with SERVFAIL. */
const maxAsking = 1024;

interface Kept {
  readonly reply: DnsMessage;
  readonly at: number;
  readonly until: number;
}

/** Seconds that a reply may be kept. */
function ttlOf(reply: DnsMessage): number {
  const soa = reply.authorities.find((record) => record.type === 'SOA');
  if (reply.answers.length === 0) {
    return soa?.type === 'SOA' ? Math.min(soa.ttl, soa.minimum, maxTtl) : negativeTtl;
  }
  return Math.min(maxTtl, ...reply.answers.map(({ ttl }) => ttl));
}

function aged(records: readonly ResourceRecord[], seconds: number): ResourceRecord[] {
  return records.map((record) => ({ ...record, ttl: Math.max(0, record.ttl - seconds) }));
}

class Recursors implements Forwarder {
  readonly #options: RecursorsOptions;
  readonly #kept = new Map<string, Kept>();
  readonly #asking = new Map<string, Promise<DnsMessage>>();

  constructor(options: RecursorsOptions) {
    this.#options = options;
  }

  forward(question: Question, transport: Transport): Promise<DnsMessage> {
    const key = `${canonicalName(question.name)} ${question.type} ${question.class}`;
    const kept = this.#kept.get(key);
    const now = this.#options.clock.now();
    if (kept !== undefined && now < kept.until) {
      const seconds = Math.floor((now - kept.at) / 1000);
      return Promise.resolve({
        ...kept.reply,
        answers: aged(kept.reply.answers, seconds),
        authorities: aged(kept.reply.authorities, seconds),
      });
    }
    const asking = this.#asking.get(`${key} ${transport}`);
    if (asking !== undefined) return asking;
    if (this.#asking.size >= maxAsking) return Promise.resolve(failure);
    const asked = this.#ask(question, transport).then((reply) => {
      this.#asking.delete(`${key} ${transport}`);
      const ttl = reply.truncated ? 0 : ttlOf(reply);
      if (ttl > 0 && (reply.rcode === rcodes.NOERROR || reply.rcode === rcodes.NXDOMAIN)) {
        if (this.#kept.size >= maxKept) this.#kept.clear();
        const at = this.#options.clock.now();
        this.#kept.set(key, { reply, at, until: at + ttl * 1000 });
      }
      return reply;
    });
    this.#asking.set(`${key} ${transport}`, asked);
    return asked;
  }

  async #ask(question: Question, transport: Transport): Promise<DnsMessage> {
    const { clock, servers, timeoutMs = 2000, strategy, random = Math.random } = this.#options;
    const first = strategy === 'random' ? Math.floor(random() * servers.length) : 0;
    for (let turn = 0; turn < servers.length; turn++) {
      const server = servers[(first + turn) % servers.length] as DnsServerAddress;
      const id = randomInt(65_536);
      const edns = { udpSize: 1232, version: 0, dnssecOk: false, extendedRcode: 0, options: [] };
      const query = encodeMessage(message({ id, recursionDesired: true, questions: [question], edns }));
      const request = { server, query, id, question, timeoutMs, clock };
      try {
        const reply = await (transport === 'udp' ? askUdp(request) : askTcp(request)).reply;
        if (reply.rcode === rcodes.NOERROR || reply.rcode === rcodes.NXDOMAIN) return reply;
      } catch {
        // The next one.
      }
    }
    return failure;
  }
}

const failure = message({ response: true, rcode: rcodes.SERVFAIL });

/** `ip` or `ip:port` or `[ip6]:port`, with port 53 by default. @throws RangeError */
export function parseRecursor(text: string): DnsServerAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([\d.]+)|([0-9a-fA-F:]+:[0-9a-fA-F:]*))(?::(\d{1,5}))?$/.exec(text);
  const ip = match?.[1] ?? match?.[2] ?? match?.[3];
  const port = match?.[4] === undefined ? 53 : Number(match[4]);
  if (ip === undefined || port < 1 || port > 65_535)
    throw new RangeError(`'${text}' is no DNS server; write it as 10.0.0.2:53`);
  return { ip, port };
}

/** Asks others for what is in no zone of ours. */
export function createRecursors(options: RecursorsOptions): Forwarder {
  return new Recursors(options);
}
