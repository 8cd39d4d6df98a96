/** Octets -> the header of the PROXY protocol, versions 1 and 2. Pure. What is refused is what Envoy 1.40 refuses. */
import { isIPv4, isIPv6 } from 'node:net';
import { ipText } from '../dns/ip-octets.js';
import type { ProxiedAddresses, ProxyHeader, ProxyTlv } from './proxy-header.js';
import { signature2 } from './proxy-header.js';

/**
 * `more`: it may become a header; `absent`: what came is none; or the version whose header is wrong.
 */
export type ProxyHeaderOutcome = ProxyHeader | 'more' | 'absent' | { readonly malformed: 1 | 2 };

const signature1 = Buffer.from('PROXY ', 'latin1');
/** The longest line, with its end, in octets. */
export const maxProxyLine = 108;
const fixedLength2 = 16;

const LOCAL = 0;
const PROXY = 1;
const INET = 1;
const INET6 = 2;
const STREAM = 1;
const DATAGRAM = 2;

const malformed1 = { malformed: 1 } as const;
const malformed2 = { malformed: 2 } as const;

/** How the first octets compare to a signature. */
function compare(octets: Buffer, signature: Buffer): 'is' | 'may become' | 'is not' {
  const length = Math.min(octets.length, signature.length);
  if (octets.compare(signature, 0, length, 0, length) !== 0) return 'is not';
  return length === signature.length ? 'is' : 'may become';
}

function port(text: string): number | undefined {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65535 ? Number(text) : undefined;
}

function readLine(octets: Buffer): ProxyHeaderOutcome {
  const end = octets.indexOf('\r\n');
  if (end < 0) return octets.length >= maxProxyLine ? 'absent' : 'more';
  if (end + 2 > maxProxyLine) return malformed1;
  const line = octets.toString('latin1', 0, end);
  const length = end + 2;
  const parts = line.split(' ');
  const [, family, remote = '', local = '', remotePort = '', localPort = ''] = parts;
  if (family === 'UNKNOWN') return { version: 1, length, addresses: undefined, tlvs: [] };
  const isAddress = family === 'TCP4' ? isIPv4 : family === 'TCP6' ? isIPv6 : undefined;
  const ports = [port(remotePort), port(localPort)];
  if (parts.length !== 6 || isAddress === undefined || !isAddress(remote) || !isAddress(local))
    return malformed1;
  if (ports[0] === undefined || ports[1] === undefined) return malformed1;
  const addresses: ProxiedAddresses = {
    remoteAddress: remote,
    remotePort: ports[0],
    localAddress: local,
    localPort: ports[1],
  };
  return { version: 1, length, addresses, tlvs: [] };
}

function readTlvs(octets: Buffer): ProxyTlv[] | undefined {
  const tlvs: ProxyTlv[] = [];
  let at = 0;
  while (at < octets.length) {
    if (at + 3 > octets.length) return undefined;
    const end = at + 3 + octets.readUInt16BE(at + 1);
    if (end > octets.length) return undefined;
    tlvs.push({ type: octets[at] as number, value: Buffer.from(octets.subarray(at + 3, end)) });
    at = end;
  }
  return tlvs;
}

function readBinary(octets: Buffer): ProxyHeaderOutcome {
  if (octets.length < fixedLength2) return 'more';
  const versionAndCommand = octets[12] as number;
  const command = versionAndCommand & 15;
  if (versionAndCommand >> 4 !== 2 || command > PROXY) return malformed2;
  const length = fixedLength2 + octets.readUInt16BE(14);
  const family = (octets[13] as number) >> 4;
  const transport = (octets[13] as number) & 15;
  const addressLength = family === INET ? 4 : family === INET6 ? 16 : 0;
  const isKnown = addressLength > 0 && (transport === STREAM || transport === DATAGRAM);
  if (command === PROXY && !isKnown) return malformed2;
  const needed = command === PROXY ? 2 * addressLength + 4 : 0;
  if (length - fixedLength2 < needed) return malformed2;
  if (octets.length < length) return 'more';
  if (command === LOCAL) return { version: 2, length, addresses: undefined, tlvs: [] };
  const from = fixedLength2;
  const ports = from + 2 * addressLength;
  const tlvs = readTlvs(octets.subarray(from + needed, length));
  if (tlvs === undefined) return malformed2;
  const addresses: ProxiedAddresses = {
    remoteAddress: ipText(octets.subarray(from, from + addressLength)),
    remotePort: octets.readUInt16BE(ports),
    localAddress: ipText(octets.subarray(from + addressLength, ports)),
    localPort: octets.readUInt16BE(ports + 2),
  };
  return { version: 2, length, addresses, tlvs };
}

/** @param octets all that came so far; nothing that came is yet `more` */
export function readProxyHeader(octets: Buffer): ProxyHeaderOutcome {
  const [line, binary] = [compare(octets, signature1), compare(octets, signature2)];
  if (line === 'is') return readLine(octets);
  if (binary === 'is') return readBinary(octets);
  return line === 'is not' && binary === 'is not' ? 'absent' : 'more';
}
