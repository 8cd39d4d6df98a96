/**
 * Names of Consul's zone to what they ask for. Pure; who has what is the directory's business.
 */
import { ipText } from '../../network/dns/ip-octets.js';
import { nameToLabels } from '../../network/dns/name.js';

export type ConsulName =
  | { readonly kind: 'service'; readonly service: string; readonly tag: string | undefined }
  | { readonly kind: 'node'; readonly node: string }
  | { readonly kind: 'address'; readonly address: string }
  /** A prepared query, by name or id. */
  | { readonly kind: 'query'; readonly query: string }
  /** Virtual addresses of the mesh, of which there are none: that is no error. */
  | { readonly kind: 'virtual' }
  /** In the zone, but nothing that could be there. */
  | { readonly kind: 'nothing' };

const nothing: ConsulName = { kind: 'nothing' };

/** Consul's words that a name's left side ends with. Those without an entry in `readers` have no answers. */
const kinds: ReadonlySet<string> = new Set([
  'service',
  'node',
  'addr',
  'connect',
  'virtual',
  'ingress',
  'query',
]);

/** `web`, `v1.web`, `_web._tcp`, `_web._v1` (RFC 2782 with the tag in the place of the protocol). */
function readService(labels: readonly string[]): ConsulName {
  const service = labels.at(-1);
  if (service === undefined) return nothing;
  const [first = '', second = ''] = labels;
  if (labels.length === 2 && first.startsWith('_') && second.startsWith('_')) {
    const tag = second.slice(1);
    return { kind: 'service', service: first.slice(1), tag: tag === 'tcp' ? undefined : tag };
  }
  const tag = labels.length === 1 ? undefined : labels.slice(0, -1).join('.');
  return { kind: 'service', service, tag };
}

/** `7f000001`: an address as hexadecimal digits, which SRV targets are made of. */
function readAddress(labels: readonly string[]): ConsulName {
  const [digits = ''] = labels;
  if (labels.length !== 1 || !/^(?:[0-9a-f]{8}|[0-9a-f]{32})$/.test(digits)) return nothing;
  return { kind: 'address', address: ipText(Buffer.from(digits, 'hex')) };
}

/** Node names may have dots. */
function readNode(labels: readonly string[]): ConsulName {
  return labels.length === 0 ? nothing : { kind: 'node', node: labels.join('.') };
}

/** `q1` or `_q1._tcp`. */
function readQuery(labels: readonly string[]): ConsulName {
  const [first = '', second = ''] = labels;
  if (labels.length === 0) return nothing;
  if (labels.length === 2 && first.startsWith('_') && second.startsWith('_')) {
    return { kind: 'query', query: first.slice(1) };
  }
  return { kind: 'query', query: labels.join('.') };
}

const readers: Readonly<Record<string, (labels: readonly string[]) => ConsulName>> = {
  service: readService,
  node: readNode,
  addr: readAddress,
  query: readQuery,
  virtual: (labels) => (labels.length === 0 ? nothing : { kind: 'virtual' }),
};

/** Nothing, `dc1` or `dc1.dc`. */
function isHere(locality: readonly string[], datacenter: string): boolean {
  const [named, word] = locality;
  if (named === undefined) return true;
  return named === datacenter && (locality.length === 1 || (locality.length === 2 && word === 'dc'));
}

/**
 * @param domain the zone, in lower case without final dot
 * @param datacenter names of other ones are answered with nothing
 * @param srv whether the question is for SRV, in which `.service` may be left out of `_web._tcp.service`
 * @returns undefined when the name is outside of the zone
 */
export function readConsulName(
  name: string,
  domain: string,
  datacenter: string,
  srv: boolean,
): ConsulName | undefined {
  const labels = nameToLabels(name.toLowerCase());
  const zone = nameToLabels(domain);
  const size = labels.length - zone.length;
  if (size < 0 || zone.some((label, index) => label !== labels[size + index])) return undefined;
  const inside = labels.slice(0, size);
  const at = inside.findLastIndex((label) => kinds.has(label));
  if (at < 0) {
    if (!srv || !inside[0]?.startsWith('_') || !inside[1]?.startsWith('_')) return nothing;
    return isHere(inside.slice(2), datacenter) ? readService(inside.slice(0, 2)) : nothing;
  }
  const kind = inside[at] as string;
  // An address is what it is in every datacenter.
  const locality = inside.slice(at + 1);
  if (kind !== 'addr' && !isHere(locality, datacenter)) return nothing;
  if (kind === 'query' && locality.length > 1) return nothing;
  return readers[kind]?.(inside.slice(0, at)) ?? nothing;
}

/** `1.0.0.127.in-addr.arpa` and its like for IPv6; undefined: not a whole reverse name. */
export function readReverseName(name: string): string | undefined {
  const lower = name.toLowerCase();
  const v4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.in-addr\.arpa\.?$/.exec(lower);
  if (v4 !== null) {
    const octets = v4.slice(1, 5).map(Number).reverse();
    return octets.every((octet) => octet < 256) ? octets.join('.') : undefined;
  }
  const v6 = /^((?:[0-9a-f]\.){32})ip6\.arpa\.?$/.exec(lower);
  if (v6 === null) return undefined;
  return ipText(Buffer.from([...(v6[1] ?? '').replaceAll('.', '')].reverse().join(''), 'hex'));
}

/** Whether a name is in `arpa`, where the reverse names are. */
export function isReverse(name: string): boolean {
  return /(^|\.)arpa\.?$/i.test(name);
}
