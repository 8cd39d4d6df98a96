/**
 * Which filter chain a connection meets (`FilterChainMatch`). Envoy goes through the criteria in a fixed order; at each
 * it takes the most specific value that fits and keeps only the chains that name it, without ever going back. So a chain
 * for `www.example.com` with the wrong ALPN hides one for `*.example.com` with the right one.
 */
import { BlockList, isIP } from 'node:net';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf } from '../common/message-fields.js';
import { under } from '../network/config-path.js';
import { ConfigError } from '../network/filter.js';

/** What is known of a connection when its chain is chosen. */
export interface ConnectionFacts {
  readonly localAddress: string;
  readonly localPort: number;
  readonly remoteAddress: string;
  readonly remotePort: number;
  /** Of the socket, whatever the PROXY protocol says; absent: it says nothing. */
  readonly directRemoteAddress?: string;
  /** `tls` or `raw_buffer`. */
  readonly transportProtocol: string;
  /** Lower case, `''` without one. */
  readonly serverName: string;
  /** As the client offers them. */
  readonly applicationProtocols: readonly string[];
}

/** One value of one criterion. */
interface Value {
  /** Equal values have equal keys. */
  readonly key: string;
  /** How well it fits: the highest counts. 0: it does not. */
  fit(facts: ConnectionFacts): number;
}

/** Matches all, least of all. */
const any: Value = { key: '', fit: () => 1 };

const isLoopback = new BlockList();
isLoopback.addSubnet('127.0.0.0', 8, 'ipv4');
isLoopback.addAddress('::1', 'ipv6');

const family = (ip: string): 'ipv4' | 'ipv6' => (isIP(ip) === 6 ? 'ipv6' : 'ipv4');

function isLocal({ localAddress, remoteAddress }: ConnectionFacts): boolean {
  return (
    remoteAddress === localAddress ||
    (isIP(remoteAddress) !== 0 && isLoopback.check(remoteAddress, family(remoteAddress)))
  );
}

function range(config: Fields, pick: (facts: ConnectionFacts) => string): Value {
  const ip = textOf(config.address_prefix);
  if (isIP(ip) === 0) throw new ConfigError(`malformed IP address: ${ip}`, ['address_prefix']);
  const length = Math.min(numberOf(config.prefix_len, 0), family(ip) === 'ipv6' ? 128 : 32);
  const list = new BlockList();
  list.addSubnet(ip, length, family(ip));
  return {
    key: `${ip}/${length}`,
    fit(facts) {
      const address = pick(facts);
      // Asked for an address of the other family, Node says yes to `::/0`.
      const isSameFamily = isIP(address) === isIP(ip);
      return isSameFamily && list.check(address, family(address)) ? 2 + length : 0;
    },
  };
}

function serverName(name: string): Value {
  const wanted = name.toLowerCase();
  if (!wanted.startsWith('*.')) {
    if (wanted.includes('*')) throw new ConfigError('partial wildcards are not supported in "server_names"');
    return { key: wanted, fit: (facts) => (facts.serverName === wanted ? 1_000_000 : 0) };
  }
  const suffix = wanted.slice(1);
  return { key: wanted, fit: (facts) => (facts.serverName.endsWith(suffix) ? 1 + suffix.length : 0) };
}

/** The client's first choice counts. */
function applicationProtocol(name: string): Value {
  return {
    key: name,
    fit({ applicationProtocols }) {
      const at = applicationProtocols.indexOf(name);
      return at < 0 ? 0 : 2 + applicationProtocols.length - at;
    },
  };
}

const exactly = (key: string, pick: (facts: ConnectionFacts) => string | number): Value => ({
  key,
  fit: (facts) => (String(pick(facts)) === key ? 2 : 0),
});

function sourceType(name: string): Value {
  if (name === 'SAME_IP_OR_LOOPBACK') return { key: name, fit: (facts) => (isLocal(facts) ? 2 : 0) };
  if (name === 'EXTERNAL') return { key: name, fit: (facts) => (isLocal(facts) ? 0 : 2) };
  return any;
}

/** The values of a list in the message, `any` when there are none. */
function values(list: unknown, field: string, make: (item: never) => Value): readonly Value[] {
  const items = (list ?? []) as readonly never[];
  if (items.length === 0) return [any];
  return items.map((item, index) => under(() => make(item), 'filter_chain_match', field, index));
}

/** All criteria of one chain in Envoy's order, each with its values. */
function criteria(match: Fields): readonly (readonly Value[])[] {
  const source = (facts: ConnectionFacts): string => facts.remoteAddress;
  const direct = (facts: ConnectionFacts): string => facts.directRemoteAddress ?? facts.remoteAddress;
  const port = match.destination_port;
  const protocol = textOf(match.transport_protocol);
  return [
    [port === undefined ? any : exactly(String(port), (facts) => facts.localPort)],
    values(match.prefix_ranges, 'prefix_ranges', (one) => range(one, (facts) => facts.localAddress)),
    values(match.server_names, 'server_names', serverName),
    [protocol === '' ? any : exactly(protocol, (facts) => facts.transportProtocol)],
    values(match.application_protocols, 'application_protocols', applicationProtocol),
    values(match.direct_source_prefix_ranges, 'direct_source_prefix_ranges', (one) => range(one, direct)),
    [sourceType(textOf(match.source_type))],
    values(match.source_prefix_ranges, 'source_prefix_ranges', (one) => range(one, source)),
    values(match.source_ports, 'source_ports', (one) => exactly(String(one), (facts) => facts.remotePort)),
  ];
}

/** Every combination of a chain's values, as one text each. */
function combinations(lists: readonly (readonly Value[])[]): string[] {
  let all = [''];
  for (const list of lists) all = all.flatMap((head) => list.map(({ key }) => `${head}|${key}`));
  return all;
}

/** @returns the index of the chain, undefined when none matches */
export type ChainSelector = (facts: ConnectionFacts) => number | undefined;

/**
 * @param chains messages `FilterChain`
 * @throws ConfigError with the path inside the listener, also when two chains match the same
 */
export function compileChainMatch(chains: readonly Fields[]): ChainSelector {
  const seen = new Map<string, number>();
  const compiled = chains.map((chain, index) => {
    const lists = under(() => criteria(messageOf(chain.filter_chain_match)), 'filter_chains', index);
    for (const combination of combinations(lists)) {
      const other = seen.get(combination);
      if (other !== undefined && other !== index) {
        const names = [index, other].map((at) => `'${textOf(chains[at]?.name)}'`);
        throw new ConfigError(`filter chain ${names[0]} has the same matching rules defined as ${names[1]}`, [
          'filter_chains',
          index,
          'filter_chain_match',
        ]);
      }
      seen.set(combination, index);
    }
    return { index, lists };
  });
  const width = compiled[0]?.lists.length ?? 0;
  return (facts) => {
    let left = compiled;
    for (let at = 0; at < width; at++) {
      let best = 0;
      let next: typeof left = [];
      for (const one of left) {
        const fit = Math.max(...(one.lists[at] as readonly Value[]).map((value) => value.fit(facts)));
        if (fit === 0 || fit < best) continue;
        if (fit > best) next = [];
        best = fit;
        next.push(one);
      }
      if (next.length <= 1 && at + 1 === width) return next[0]?.index;
      if (next.length === 0) return undefined;
      left = next;
    }
    return left[0]?.index;
  };
}

/** Whether a chain of these is chosen by what only the ClientHello tells. */
export function needsClientHello(chains: readonly Fields[]): boolean {
  return chains.some((chain) => {
    const match = messageOf(chain.filter_chain_match);
    const protocol = textOf(match.transport_protocol);
    if (protocol === 'tls') return true;
    return protocol === '' && (isSet(match.server_names) || isSet(match.application_protocols));
  });
}

function isSet(list: unknown): boolean {
  return messagesOf(list).length > 0;
}
