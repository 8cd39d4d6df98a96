/**
 * Questions to records, as a Consul agent without recursors answers them. Where that leaves clients worse off it is not
 * followed: answers are complete (Consul gives three of many without EDNS, silently), and additional records come once.
 */
import { isIPv4, isIPv6 } from 'node:net';
import { ipOctets } from '../../network/dns/ip-octets.js';
import type { Question, ResourceRecord } from '../../network/dns/message.js';
import { CLASS_IN, rcodes } from '../../network/dns/message.js';
import { canonicalName } from '../../network/dns/name.js';
import { isReverse, readConsulName, readReverseName } from './consul-name.js';
import type { Directory, DirectoryNode, ServiceEndpoint } from './directory.js';

export interface ZoneOptions {
  readonly directory: Directory;
  /** Default `consul`. */
  readonly domain?: string;
  /** TTL of answers about services and nodes, seconds. Default 0: every question is asked anew. */
  readonly ttlSeconds?: number;
  /** 0 to below 1, for the order of answers. Default Math.random. */
  readonly random?: () => number;
  /** Milliseconds since the epoch, for the serial number of the zone. */
  readonly wallTime: () => number;
}

export interface Answer {
  readonly rcode: number;
  readonly authoritative: boolean;
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  readonly additionals: readonly ResourceRecord[];
}

export interface Zone {
  answer(question: Question): Answer;
}

const transfers: ReadonlySet<string> = new Set(['TYPE251', 'TYPE252']); // IXFR, AXFR

/** CNAMEs of CNAMEs inside the zone end here. */
const maxDepth = 3;

/** Fisher-Yates, so that clients that take the first answer are spread. */
function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const list = [...items];
  for (let last = list.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [list[last], list[other]] = [list[other] as T, list[last] as T];
  }
  return list;
}

class ConsulZone implements Zone {
  readonly #directory: Directory;
  readonly #domain: string;
  readonly #ttl: number;
  readonly #random: () => number;
  readonly #wallTime: () => number;

  constructor(options: ZoneOptions) {
    this.#directory = options.directory;
    this.#domain = canonicalName(options.domain ?? 'consul');
    this.#ttl = options.ttlSeconds ?? 0;
    this.#random = options.random ?? Math.random;
    this.#wallTime = options.wallTime;
  }

  answer(question: Question): Answer {
    if (isReverse(question.name)) return this.#reverse(question);
    const { datacenter } = this.#directory;
    const isService = question.type === 'SRV';
    const name = readConsulName(question.name, this.#domain, datacenter, isService);
    if (name === undefined) return { ...empty, rcode: rcodes.REFUSED, authoritative: false };
    if (transfers.has(question.type)) return { ...empty, rcode: rcodes.NOTIMP };
    if (question.type === 'SOA') {
      return { ...empty, answers: [this.#soa()], authorities: [this.#ns()], additionals: this.#glue() };
    }
    if (question.type === 'NS') return { ...empty, answers: [this.#ns()], additionals: this.#glue() };
    switch (name.kind) {
      case 'service':
        return this.#service(question, name.service, name.tag);
      case 'node': {
        const node = this.#directory.node(name.node);
        return node === undefined ? this.#noName() : this.#node(question, node);
      }
      case 'address':
        return this.#address(question, name.address);
      case 'nothing':
        return this.#noName();
    }
  }

  #service(question: Question, name: string, tag: string | undefined): Answer {
    const endpoints = shuffled(this.#directory.service(name, tag), this.#random);
    if (endpoints.length === 0) return this.#noName();
    if (question.type === 'SRV') return this.#srv(question.name, endpoints);
    const answers = this.#addresses(question, endpoints, 0);
    return answers.length > 0 ? { ...empty, answers } : this.#noData();
  }

  /** One record per address of the family asked for; a host name only when there is no address. */
  #addresses(question: Question, endpoints: readonly ServiceEndpoint[], depth: number): ResourceRecord[] {
    const { name, type } = question;
    if (type !== 'A' && type !== 'AAAA' && type !== 'ANY') return [];
    const found = new Set<string>();
    let alias: string | undefined;
    for (const endpoint of endpoints) {
      const v4 = endpoint.addressV4 ?? endpoint.address;
      const v6 = endpoint.addressV6 ?? endpoint.address;
      if (type !== 'AAAA' && isIPv4(v4)) found.add(v4);
      if (type !== 'A' && isIPv6(v6)) found.add(v6);
      if (!isIPv4(endpoint.address) && !isIPv6(endpoint.address)) alias ??= endpoint.address;
    }
    if (found.size > 0) return [...found].map((address) => this.#addressRecord(name, address));
    return alias === undefined ? [] : this.#alias(question, alias, depth);
  }

  /** A CNAME, with what it leads to when that is in this zone: there is nobody else to ask for the rest. */
  #alias(question: Question, target: string, depth: number): ResourceRecord[] {
    const cname = { name: question.name, class: CLASS_IN, ttl: this.#ttl, type: 'CNAME' as const, target };
    const { datacenter } = this.#directory;
    const next = depth < maxDepth ? readConsulName(target, this.#domain, datacenter, false) : undefined;
    if (next?.kind === 'service') {
      const endpoints = shuffled(this.#directory.service(next.service, next.tag), this.#random);
      return [cname, ...this.#addresses({ ...question, name: target }, endpoints, depth + 1)];
    }
    const node = next?.kind === 'node' ? this.#directory.node(next.node) : undefined;
    if (node === undefined) return [cname];
    return [cname, ...this.#addresses({ ...question, name: target }, [endpointOf(node)], depth + 1)];
  }

  #srv(name: string, endpoints: readonly ServiceEndpoint[]): Answer {
    const answers: ResourceRecord[] = [];
    const additionals = new Map<string, ResourceRecord>();
    const seen = new Set<string>();
    for (const { address, addressV4, addressV6, ownAddress, node, port, weight } of endpoints) {
      const given = addressV6 ?? addressV4 ?? address;
      const octets = ipOctets(given);
      const target =
        ownAddress || given !== address
          ? octets === undefined
            ? canonicalName(given)
            : this.#name(Buffer.from(octets).toString('hex'), 'addr')
          : this.#name(node, 'node');
      if (seen.has(`${target} ${port}`)) continue;
      seen.add(`${target} ${port}`);
      const ttl = this.#ttl;
      answers.push({ name, class: CLASS_IN, ttl, type: 'SRV', priority: 1, weight, port, target });
      if (octets !== undefined) additionals.set(target, this.#addressRecord(target, given));
      else {
        const question: Question = { name: target, type: 'A', class: CLASS_IN };
        const inner = readConsulName(target, this.#domain, this.#directory.datacenter, false);
        if (inner?.kind !== 'service') continue;
        for (const record of this.#addresses(
          question,
          this.#directory.service(inner.service, inner.tag),
          1,
        )) {
          additionals.set(`${record.name} ${JSON.stringify(record)}`, record);
        }
      }
    }
    return { ...empty, answers, additionals: [...additionals.values()] };
  }

  /** Other types than addresses: the node is there, without such records. */
  #node(question: Question, node: DirectoryNode): Answer {
    const answers = this.#addresses(question, [endpointOf(node)], 0);
    return answers.length > 0 ? { ...empty, answers } : this.#noData();
  }

  #address(question: Question, address: string): Answer {
    const record = this.#addressRecord(question.name, address);
    if (question.type === record.type || question.type === 'ANY') return { ...empty, answers: [record] };
    return this.#noData();
  }

  #reverse(question: Question): Answer {
    const address = readReverseName(question.name);
    const found = address === undefined ? undefined : this.#directory.reverse(address);
    if (found === undefined) return this.#noName();
    if (question.type !== 'PTR' && question.type !== 'ANY') return this.#noData();
    const target = this.#name(found.name, found.kind);
    return {
      ...empty,
      answers: [{ name: question.name, class: CLASS_IN, ttl: 0, type: 'PTR', target }],
    };
  }

  #noName(): Answer {
    return { ...empty, rcode: rcodes.NXDOMAIN, authorities: [this.#soa()] };
  }

  /** RFC 2308 section 2.2: the name is there, such records are not. */
  #noData(): Answer {
    return { ...empty, authorities: [this.#soa()] };
  }

  #addressRecord(name: string, address: string): ResourceRecord {
    const type = isIPv4(address) ? ('A' as const) : ('AAAA' as const);
    return { name, class: CLASS_IN, ttl: this.#ttl, type, address };
  }

  #name(label: string, kind: string): string {
    return `${label}.${kind}.${this.#directory.datacenter}.${this.#domain}`;
  }

  #soa(): ResourceRecord {
    return {
      name: this.#domain,
      class: CLASS_IN,
      ttl: 0,
      type: 'SOA',
      primary: `ns.${this.#domain}`,
      mailbox: `hostmaster.${this.#domain}`,
      serial: Math.floor(this.#wallTime() / 1000) >>> 0,
      refresh: 3600,
      retry: 600,
      expire: 86_400,
      // How long "no such name" may be remembered: not at all, as it may be registered in a moment.
      minimum: 0,
    };
  }

  #ns(): ResourceRecord {
    const target = this.#name(this.#directory.self.name, 'node');
    return { name: this.#domain, class: CLASS_IN, ttl: this.#ttl, type: 'NS', target };
  }

  #glue(): ResourceRecord[] {
    const { name, address } = this.#directory.self;
    if (!isIPv4(address) && !isIPv6(address)) return [];
    return [this.#addressRecord(this.#name(name, 'node'), address)];
  }
}

const empty: Answer = {
  rcode: rcodes.NOERROR,
  authoritative: true,
  answers: [],
  authorities: [],
  additionals: [],
};

function endpointOf(node: DirectoryNode): ServiceEndpoint {
  return { address: node.address, ownAddress: false, node: node.name, port: 0, weight: 1 };
}

/** The zone of a directory. */
export function createZone(options: ZoneOptions): Zone {
  return new ConsulZone(options);
}
