/**
 * Questions to records, as a Consul agent answers them. Which of the records fit into the reply, and in which order
 * they come, is the responder's business.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { ipOctets } from '../../network/dns/ip-octets.js';
import type { Question, ResourceRecord, TxtRecord } from '../../network/dns/message.js';
import { CLASS_IN, rcodes } from '../../network/dns/message.js';
import { canonicalName } from '../../network/dns/name.js';
import type { ConsulName } from './consul-name.js';
import { isReverse, readConsulName, readReverseName } from './consul-name.js';
import type { Directory, DirectoryNode, ServiceEndpoint } from './directory.js';
import type { DnsConfig } from './dns-config.js';
import { serviceTtlOf } from './dns-config.js';

export interface ZoneOptions {
  readonly directory: Directory;
  readonly config: DnsConfig;
  /** Milliseconds since the epoch, for the serial number of the zone. */
  readonly wallTime: () => number;
}

/** An answer with the additional records that belong to it. */
export interface AnswerGroup {
  readonly answer: ResourceRecord;
  readonly additionals: readonly ResourceRecord[];
}

/** What an answer was made of: as long as its version is the same, so is the answer. */
export type AnswerSource =
  | { readonly kind: 'service'; readonly name: string }
  | { readonly kind: 'node' }
  /** Configuration alone. */
  | { readonly kind: 'fixed' }
  /** More than one thing. */
  | { readonly kind: 'unknown' };

export interface Answer {
  readonly rcode: number;
  readonly authoritative: boolean;
  /** In any order: they are shuffled. */
  readonly groups: readonly AnswerGroup[];
  /** How many groups may be given; 0 for all. */
  readonly limit: number;
  /** After those, in this order. */
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  readonly additionals: readonly ResourceRecord[];
  readonly source: AnswerSource;
  /** A name outside of the zone that the answer leads to; who has recursors can follow it. */
  readonly leadsTo?: string;
  /** True: who is told of the client's network (ECS) is told that it mattered. */
  readonly scoped?: boolean;
}

export interface Zone {
  readonly config: DnsConfig;
  /** undefined: the name is in no zone of ours, and not a reverse one that is known. */
  answer(question: Question): Answer | undefined;
  /** Of the records that a source stands for. */
  version(source: AnswerSource): number;
  /** The serial number that goes into a SOA now. */
  serial(): number;
}

const transfers: ReadonlySet<string> = new Set(['TYPE251', 'TYPE252']); // IXFR, AXFR
const addressTypes: ReadonlySet<string> = new Set(['A', 'AAAA', 'ANY', 'TXT']);

/** CNAMEs of CNAMEs inside the zone end here. */
const maxDepth = 3;
/** Longest text of one character string. */
const maxTextBytes = 255;

const empty: Answer = {
  rcode: rcodes.NOERROR,
  authoritative: true,
  groups: [],
  limit: 0,
  answers: [],
  authorities: [],
  additionals: [],
  source: { kind: 'unknown' },
};

/** Of a service's or node's addresses the one for a family; without one, the tagged IPv6 address goes first. */
function addressFor(
  place: Pick<DirectoryNode, 'address' | 'addressV4' | 'addressV6'>,
  family: 'A' | 'AAAA' | 'any',
): string {
  if (family === 'A') return place.addressV4 ?? place.address;
  if (family === 'AAAA') return place.addressV6 ?? place.address;
  return place.addressV6 ?? place.addressV4 ?? place.address;
}

function isIp(address: string): boolean {
  return isIPv4(address) || isIPv6(address);
}

class ConsulZone implements Zone {
  readonly config: DnsConfig;
  readonly #directory: Directory;
  readonly #wallTime: () => number;

  constructor(options: ZoneOptions) {
    this.#directory = options.directory;
    this.config = options.config;
    this.#wallTime = options.wallTime;
  }

  answer(question: Question): Answer | undefined {
    if (isReverse(question.name)) return this.#reverse(question);
    const read = this.#read(question.name, question.type === 'SRV');
    if (read === undefined) return undefined;
    const { name, domain } = read;
    if (transfers.has(question.type)) return { ...empty, rcode: rcodes.NOTIMP };
    if (question.type === 'SOA') {
      return {
        ...empty,
        answers: [this.#soa(domain)],
        authorities: [this.#ns(domain)],
        additionals: this.#glue(domain),
      };
    }
    if (question.type === 'NS') {
      return { ...empty, answers: [this.#ns(domain)], additionals: this.#glue(domain) };
    }
    switch (name.kind) {
      case 'service':
        return this.#service(question, name, domain);
      case 'query':
        return this.#query(question, name.query, domain);
      case 'node':
        return this.#node(question, name.node, domain);
      case 'address':
        return this.#address(question, name.address);
      case 'virtual':
        return empty;
      case 'nothing':
        return this.#noName(domain, { kind: 'fixed' });
    }
  }

  version(source: AnswerSource): number {
    if (source.kind === 'service') return this.#directory.serviceVersion(source.name);
    return source.kind === 'node' ? this.#directory.nodeVersion() : 0;
  }

  serial(): number {
    return Math.floor(this.#wallTime() / 1000) >>> 0;
  }

  #read(name: string, srv: boolean): { name: ConsulName; domain: string } | undefined {
    const { datacenter } = this.#directory;
    for (const domain of [this.config.domain, this.config.altDomain]) {
      if (domain === undefined) continue;
      const read = readConsulName(name, domain, datacenter, srv);
      if (read !== undefined) return { name: read, domain };
    }
    return undefined;
  }

  #service(
    question: Question,
    { service, tag }: Extract<ConsulName, { kind: 'service' }>,
    domain: string,
  ): Answer {
    const endpoints = this.#directory.service(service, tag);
    const source = { kind: 'service', name: service } as const;
    const ttl = serviceTtlOf(this.config, service);
    return this.#endpoints(question, endpoints, ttl, domain, source);
  }

  #query(question: Question, name: string, domain: string): Answer {
    const found = this.#directory.query(name);
    if (found === undefined) return { ...this.#noName(domain, { kind: 'unknown' }), scoped: true };
    const ttl = found.ttl ?? serviceTtlOf(this.config, found.service.toLowerCase());
    const answer = this.#endpoints(question, found.endpoints, ttl, domain, { kind: 'unknown' });
    return { ...answer, scoped: true };
  }

  #endpoints(
    question: Question,
    endpoints: readonly ServiceEndpoint[],
    ttl: number,
    domain: string,
    source: AnswerSource,
  ): Answer {
    if (endpoints.length === 0) return this.#noName(domain, source);
    if (question.type === 'SRV')
      return { ...empty, groups: this.#srv(question, endpoints, ttl, domain), source };
    if (!addressTypes.has(question.type)) return this.#noData(domain, source);
    const { addresses, alias } = this.#addresses(question, endpoints, ttl);
    if (addresses.length > 0) {
      const groups = addresses.map((answer) => ({ answer, additionals: [] }));
      return { ...empty, groups, limit: this.config.aRecordLimit, source };
    }
    return alias === undefined
      ? this.#noData(domain, source)
      : { ...empty, ...this.#alias(question.name, alias, ttl, 0) };
  }

  /** One record per address of the family asked for; a host name only when there is no address. */
  #addresses(
    { name, type }: Pick<Question, 'name' | 'type'>,
    endpoints: readonly ServiceEndpoint[],
    ttl: number,
  ): { addresses: ResourceRecord[]; alias: string | undefined } {
    // TXT of a service is answered as A is.
    const family = type === 'AAAA' || type === 'ANY' ? type : 'A';
    const found = new Set<string>();
    let alias: string | undefined;
    for (const endpoint of endpoints) {
      const place = endpoint.address === '' ? endpoint.node : endpoint;
      const address = addressFor(place, family === 'ANY' ? 'any' : family);
      if (isIPv4(address) ? family !== 'AAAA' : isIPv6(address) ? family !== 'A' : false) found.add(address);
      else if (!isIp(address)) alias ??= address;
    }
    return { addresses: [...found].map((address) => this.#addressRecord(name, address, ttl)), alias };
  }

  /** A CNAME, with what it leads to when that is in this zone. */
  #alias(
    owner: string,
    target: string,
    ttl: number,
    depth: number,
  ): Pick<Answer, 'answers'> & { readonly leadsTo?: string } {
    const cname = {
      name: owner,
      class: CLASS_IN,
      ttl,
      type: 'CNAME' as const,
      target: canonicalName(target),
    };
    const inner = depth < maxDepth ? this.#read(target, false) : undefined;
    if (inner === undefined) return { answers: [cname], leadsTo: cname.target };
    return { answers: [cname, ...this.#inner(cname.target, inner.name, ttl, depth + 1)] };
  }

  /** Addresses of a name inside the zone, which is asked for with A whatever the first question was. */
  #inner(owner: string, name: ConsulName, ttl: number, depth: number): readonly ResourceRecord[] {
    const question = { name: owner, type: 'A' as const };
    const endpoints =
      name.kind === 'service'
        ? this.#directory.service(name.service, name.tag)
        : name.kind === 'node'
          ? [this.#directory.node(name.node)].flatMap((node) =>
              node === undefined ? [] : [{ address: '', node, port: 0, weight: 1 }],
            )
          : [];
    const { addresses, alias } = this.#addresses(question, endpoints, ttl);
    if (addresses.length > 0 || alias === undefined) return addresses;
    return this.#alias(owner, alias, ttl, depth).answers;
  }

  #srv(
    { name }: Question,
    endpoints: readonly ServiceEndpoint[],
    ttl: number,
    domain: string,
  ): AnswerGroup[] {
    const groups: AnswerGroup[] = [];
    const seen = new Set<string>();
    for (const endpoint of endpoints) {
      const { node, port, weight } = endpoint;
      const key = `${node.name} ${endpoint.address} ${port}`;
      if (seen.has(key)) continue;
      seen.add(key);
      const own = endpoint.address !== '';
      const given = addressFor(own ? endpoint : node, 'any');
      const octets = ipOctets(given);
      const target =
        octets === undefined
          ? canonicalName(given)
          : own || given !== node.address
            ? this.#name(Buffer.from(octets).toString('hex'), 'addr', domain)
            : this.#name(node.name, 'node', domain);
      const additionals: ResourceRecord[] = [];
      if (octets !== undefined) additionals.push(this.#addressRecord(target, given, ttl));
      else {
        const inner = this.#read(target, false);
        if (inner !== undefined) additionals.push(...this.#inner(target, inner.name, ttl, 1));
      }
      if (this.config.nodeMetaTxt) {
        additionals.push(...this.#texts(this.#name(node.name, 'node', domain), node, ttl));
      }
      groups.push({
        answer: { name, class: CLASS_IN, ttl, type: 'SRV', priority: 1, weight, port, target },
        additionals,
      });
    }
    return groups;
  }

  #node(question: Question, name: string, domain: string): Answer {
    const source = { kind: 'node' } as const;
    const node = this.#directory.node(name);
    if (node === undefined) return this.#noName(domain, source);
    const ttl = this.config.nodeTtl;
    const { name: owner, type } = question;
    const texts = this.#texts(owner, node, ttl);
    if (type === 'TXT') return { ...empty, answers: texts, source };
    // Other types: the node is there, and has no such records. Consul sends no SOA with that.
    if (type !== 'A' && type !== 'AAAA' && type !== 'ANY') return { ...empty, source };
    const endpoint = { address: '', node, port: 0, weight: 1 };
    const { addresses, alias } = this.#addresses(question, [endpoint], ttl);
    const found = alias === undefined ? { answers: addresses } : this.#alias(owner, alias, ttl, 0);
    if (type === 'ANY') return { ...empty, ...found, answers: [...found.answers, ...texts], source };
    const kept = alias === undefined ? source : ({ kind: 'unknown' } as const);
    return { ...empty, ...found, additionals: this.config.nodeMetaTxt ? texts : [], source: kept };
  }

  #address({ name, type }: Question, address: string): Answer {
    const record = this.#addressRecord(canonicalName(name), address, this.config.nodeTtl);
    const source = { kind: 'fixed' } as const;
    return type === record.type || type === 'ANY'
      ? { ...empty, answers: [record], source }
      : { ...empty, additionals: [record], source };
  }

  /** Any type that is asked for gets the PTR; undefined: nobody here is at that address. */
  #reverse({ name, type }: Question): Answer {
    const { domain } = this.config;
    const address = readReverseName(name);
    const found = address === undefined ? undefined : this.#directory.reverse(address);
    if (found === undefined) {
      const answer = this.#noName(domain, { kind: 'unknown' });
      return { ...answer, leadsTo: name };
    }
    const target = this.#name(found.name, found.kind, domain);
    return {
      ...empty,
      answers: [{ name, class: CLASS_IN, ttl: 0, type: 'PTR', target }],
      authorities: type === 'SOA' ? [this.#soa(domain)] : [],
    };
  }

  #noName(domain: string, source: AnswerSource): Answer {
    return { ...empty, rcode: rcodes.NXDOMAIN, authorities: [this.#soa(domain)], source };
  }

  /** RFC 2308 section 2.2: the name is there, such records are not. */
  #noData(domain: string, source: AnswerSource): Answer {
    return { ...empty, authorities: [this.#soa(domain)], source };
  }

  #addressRecord(name: string, address: string, ttl: number): ResourceRecord {
    const type = isIPv4(address) ? ('A' as const) : ('AAAA' as const);
    return { name, class: CLASS_IN, ttl, type, address };
  }

  /** Meta data as RFC 1464 has it; a key that begins with `rfc1035-` gives its value alone. */
  #texts(owner: string, { meta = {} }: DirectoryNode, ttl: number): TxtRecord[] {
    return Object.entries(meta).map(([key, value]) => {
      const text = Buffer.from(
        key.toLowerCase().startsWith('rfc1035-') ? value : `${key.replace(/[`=]/g, '`$&')}=${value}`,
        'utf8',
      );
      const texts: Uint8Array[] = [];
      for (let at = 0; at < text.length || at === 0; at += maxTextBytes) {
        texts.push(text.subarray(at, at + maxTextBytes));
      }
      return { name: owner, class: CLASS_IN, ttl, type: 'TXT', texts };
    });
  }

  #name(label: string, kind: string, domain: string): string {
    return `${label}.${kind}.${this.#directory.datacenter}.${domain}`;
  }

  #soa(domain: string): ResourceRecord {
    const { refresh, retry, expire, minTtl } = this.config.soa;
    return {
      name: domain,
      class: CLASS_IN,
      ttl: minTtl,
      type: 'SOA',
      primary: `ns.${domain}`,
      mailbox: `hostmaster.${domain}`,
      serial: this.serial(),
      refresh,
      retry,
      expire,
      minimum: minTtl,
    };
  }

  #ns(domain: string): ResourceRecord {
    const target = this.#name(this.#directory.self.name, 'node', domain);
    return { name: domain, class: CLASS_IN, ttl: this.config.nodeTtl, type: 'NS', target };
  }

  #glue(domain: string): ResourceRecord[] {
    const { name, address } = this.#directory.self;
    if (!isIp(address)) return [];
    return [this.#addressRecord(this.#name(name, 'node', domain), address, this.config.nodeTtl)];
  }
}

/** The zone of a directory. */
export function createZone(options: ZoneOptions): Zone {
  return new ConsulZone(options);
}
