/**
 * Names to addresses, for STRICT_DNS and LOGICAL_DNS clusters. Asks as c-ares in Envoy 1.40 does: UDP with
 * EDNS0 1232, then TCP when the answer was cut; a random id and source port for every question.
 */

import { randomInt } from 'node:crypto';
import { isIP, isIPv4, isIPv6 } from 'node:net';
import type { Clock } from '../../common/clock.js';
import { encodeMessage } from './encode.js';
import type { DnsServerAddress, Exchange } from './exchange.js';
import { askTcp, askUdp } from './exchange.js';
import type { DnsMessage, Question, SrvRecord } from './message.js';
import { CLASS_IN, message, rcodes } from './message.js';
import { canonicalName } from './name.js';
import { readHosts, readResolvConf } from './system-config.js';

/**
 * Why there are no addresses. `not-found` and `no-data` are answers of a server (NXDOMAIN; the name exists
 * without addresses of this family); the others mean that nobody answered, so old addresses should be kept.
 */
export type DnsErrorKind = 'not-found' | 'no-data' | 'server-failure' | 'timeout' | 'bad-name' | 'closed';

export class DnsError extends Error {
  readonly kind: DnsErrorKind;

  constructor(kind: DnsErrorKind, message: string) {
    super(message);
    this.name = 'DnsError';
    this.kind = kind;
  }
}

export type AddressFamily = 'v4' | 'v6';

export interface ResolvedAddresses {
  /** IP texts in the order of the answer, without duplicates; never empty. */
  readonly addresses: string[];
  /** Least TTL on the way to the addresses. IP literals and the hosts file: 0x7fffffff. */
  readonly ttlSeconds: number;
}

/** Hosts of SRV records (RFC 2782). */
export interface ResolvedServices {
  /** In the order of the answer, never empty; of the most wanted priority alone. */
  readonly hosts: readonly { readonly ip: string; readonly port: number; readonly weight: number }[];
  readonly ttlSeconds: number;
}

export interface DnsResolver {
  /** @throws DnsError */
  resolve(name: string, family: AddressFamily): Promise<ResolvedAddresses>;
  /** By SRV records, with the addresses of their targets. @throws DnsError */
  resolveSrv?(name: string, family: AddressFamily): Promise<ResolvedServices>;
  /** Ends all questions under way with kind `closed`. */
  close(): void;
}

export interface DnsResolverOptions {
  /** Asked in order. Default: those of resolv.conf, with its search list. */
  readonly servers?: readonly DnsServerAddress[];
  readonly clock: Clock;
  /** For one `resolve`, all servers and tries together. Default 5,000. */
  readonly timeoutMs?: number;
  /** Questions to each server before giving up. Default 2. */
  readonly triesPerServer?: number;
  /** `use_tcp_for_dns_lookups`: never UDP. */
  readonly useTcp?: boolean;
  /** Default `/etc/resolv.conf`. */
  readonly resolvConf?: string;
  /** Default `/etc/hosts`. */
  readonly hostsFile?: string;
}

const FOREVER = 0x7fffffff;
const EDNS_SIZE = 1232;

/** Follows the CNAMEs of an answer to the addresses asked for. */
function addressesOf(reply: DnsMessage, question: Question): ResolvedAddresses | undefined {
  let name = canonicalName(question.name);
  let ttlSeconds = FOREVER;
  const seen = new Set<string>();
  while (!seen.has(name)) {
    seen.add(name);
    const addresses = new Set<string>();
    let alias: string | undefined;
    for (const record of reply.answers) {
      if (canonicalName(record.name) !== name) continue;
      if (record.type === question.type && (record.type === 'A' || record.type === 'AAAA')) {
        addresses.add(record.address);
        ttlSeconds = Math.min(ttlSeconds, record.ttl);
      } else if (record.type === 'CNAME' && alias === undefined) {
        alias = canonicalName(record.target);
        ttlSeconds = Math.min(ttlSeconds, record.ttl);
      }
    }
    if (addresses.size > 0) return { addresses: [...addresses], ttlSeconds };
    if (alias === undefined) return undefined;
    name = alias;
  }
  return undefined;
}

interface FoundServices {
  readonly records: readonly SrvRecord[];
  readonly addresses: Readonly<Record<AddressFamily, ReadonlyMap<string, readonly string[]>>>;
  readonly ttlSeconds: number;
}

/** The SRV records of the first priority, with the addresses that came beside them. */
function servicesOf(reply: DnsMessage, question: Question): FoundServices | undefined {
  const all = reply.answers.filter(
    (record): record is SrvRecord =>
      record.type === 'SRV' && canonicalName(record.name) === canonicalName(question.name),
  );
  if (all.length === 0) return undefined;
  const first = Math.min(...all.map(({ priority }) => priority));
  const records = all.filter(({ priority }) => priority === first);
  const addresses = { v4: new Map<string, string[]>(), v6: new Map<string, string[]>() };
  for (const record of reply.additionals) {
    if (record.type !== 'A' && record.type !== 'AAAA') continue;
    const map = addresses[record.type === 'A' ? 'v4' : 'v6'];
    const name = canonicalName(record.name);
    map.set(name, [...(map.get(name) ?? []), record.address]);
  }
  return { records, addresses, ttlSeconds: Math.min(...records.map(({ ttl }) => ttl)) };
}

/** Makes a resolver. The hosts file and resolv.conf are read anew for each question, so edits count at once. */
export function createDnsResolver(options: DnsResolverOptions): DnsResolver {
  const { clock } = options;
  const hostsFile = options.hostsFile ?? '/etc/hosts';
  const resolvConf = options.resolvConf ?? '/etc/resolv.conf';
  const timeoutMs = options.timeoutMs ?? 5000;
  const rounds = options.triesPerServer ?? 2;
  const running = new Set<Exchange>();
  let closed = false;

  async function ask(
    question: Question,
    server: DnsServerAddress,
    attemptMs: number,
    tcp: boolean,
    withEdns: boolean,
  ): Promise<DnsMessage> {
    if (closed) throw new DnsError('closed', 'the resolver is closed');
    const id = randomInt(0x10000);
    const edns = { udpSize: EDNS_SIZE, version: 0, dnssecOk: false, extendedRcode: 0, options: [] };
    const query = encodeMessage(
      message({ id, recursionDesired: true, questions: [question], edns: withEdns ? edns : undefined }),
    );
    const started = clock.now();
    const request = { server, query, id, question, timeoutMs: attemptMs, clock };
    const current = tcp ? askTcp(request) : askUdp(request);
    running.add(current);
    let reply: DnsMessage;
    try {
      reply = await current.reply;
    } finally {
      running.delete(current);
    }
    const leftMs = Math.max(1, attemptMs - (clock.now() - started));
    if (withEdns && (reply.rcode === rcodes.FORMERR || reply.rcode === rcodes.NOTIMP)) {
      return ask(question, server, leftMs, tcp, false); // A server from before EDNS0 (RFC 6891 section 7).
    }
    if (reply.truncated && !tcp) return ask(question, server, leftMs, true, withEdns);
    return reply;
  }

  /** What `read` finds, `no-data` or `not-found`, whatever server said so first. */
  async function lookUp<Found>(
    question: Question,
    servers: readonly DnsServerAddress[],
    deadline: number,
    read: (reply: DnsMessage, question: Question) => Found | undefined,
  ): Promise<Found> {
    const attemptMs = timeoutMs / (servers.length * rounds);
    let last = new DnsError('timeout', `no reply for ${question.name} within ${timeoutMs} ms`);
    for (let round = 0; round < rounds; round++) {
      for (const server of servers) {
        const leftMs = deadline - clock.now();
        if (leftMs <= 0) throw last;
        let reply: DnsMessage;
        try {
          reply = await ask(question, server, Math.min(leftMs, attemptMs), options.useTcp ?? false, true);
        } catch (error) {
          if (closed) throw new DnsError('closed', 'the resolver is closed');
          const text = (error as Error).message;
          last = new DnsError(
            text === 'timed out' ? 'timeout' : 'server-failure',
            `${question.name}: ${server.ip}:${server.port}: ${text}`,
          );
          continue;
        }
        if (reply.rcode === rcodes.NXDOMAIN) {
          throw new DnsError('not-found', `${question.name}: no such name`);
        }
        if (reply.rcode === rcodes.NOERROR) {
          const found = read(reply, question);
          if (found) return found;
          throw new DnsError('no-data', `${question.name}: no ${question.type} records`);
        }
        last = new DnsError(
          'server-failure',
          `${question.name}: ${server.ip}:${server.port} replied with response code ${reply.rcode}`,
        );
      }
    }
    throw last;
  }

  /** The names to ask for, in order, as ares_search does. */
  function candidates(name: string): { names: string[]; servers: readonly DnsServerAddress[] } {
    if (options.servers && options.servers.length > 0) return { names: [name], servers: options.servers };
    const system = readResolvConf(resolvConf);
    if (name.endsWith('.')) return { names: [name], servers: system.servers };
    const searched = system.search.map((domain) => (domain === '.' ? name : `${name}.${domain}`));
    const asItIs = name.split('.').length - 1 >= system.ndots;
    return { names: asItIs ? [name, ...searched] : [...searched, name], servers: system.servers };
  }

  function local(name: string, family: AddressFamily): ResolvedAddresses | undefined {
    const fits = family === 'v4' ? isIPv4 : isIPv6;
    if (isIP(name)) {
      if (!fits(name)) throw new DnsError('no-data', `${name} is no IP${family} address`);
      return { addresses: [name], ttlSeconds: FOREVER };
    }
    const key = canonicalName(name);
    const known = (readHosts(hostsFile).get(key) ?? []).filter((address) => fits(address));
    if (known.length > 0) return { addresses: known, ttlSeconds: FOREVER };
    if (key === 'localhost' || key.endsWith('.localhost')) {
      return { addresses: [family === 'v4' ? '127.0.0.1' : '::1'], ttlSeconds: FOREVER };
    }
    return undefined;
  }

  return {
    async resolve(name, family) {
      if (closed) throw new DnsError('closed', 'the resolver is closed');
      const known = local(name, family);
      if (known) return known;
      const { names, servers } = candidates(name);
      const deadline = clock.now() + timeoutMs;
      let last = new DnsError('bad-name', `"${name}" is no domain name`);
      for (const one of names) {
        const question: Question = { name: one, type: family === 'v4' ? 'A' : 'AAAA', class: CLASS_IN };
        try {
          encodeMessage(message({ questions: [question] }));
        } catch (error) {
          last = new DnsError('bad-name', (error as Error).message);
          continue;
        }
        try {
          return await lookUp(question, servers, deadline, addressesOf);
        } catch (error) {
          if (!(error instanceof DnsError)) throw error;
          // A name that exists without data is a better answer than a later "no such name".
          if (last.kind !== 'no-data') last = error;
          if (error.kind !== 'not-found' && error.kind !== 'no-data') break;
        }
      }
      throw last;
    },
    async resolveSrv(name, family) {
      if (closed) throw new DnsError('closed', 'the resolver is closed');
      const { names, servers } = candidates(name);
      const question: Question = { name: names[0] ?? name, type: 'SRV', class: CLASS_IN };
      const deadline = clock.now() + timeoutMs;
      const found = await lookUp(question, servers, deadline, servicesOf);
      const known = found.addresses[family];
      const hosts = await Promise.all(
        found.records.map(async ({ target, port, weight }) => {
          const ips = known.get(canonicalName(target)) ?? (await this.resolve(target, family)).addresses;
          return ips.map((ip) => ({ ip, port, weight }));
        }),
      );
      return { hosts: hosts.flat(), ttlSeconds: found.ttlSeconds };
    },
    close() {
      closed = true;
      for (const one of [...running]) one.cancel();
    },
  };
}
