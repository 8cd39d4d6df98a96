/**
 * Which certificate a client is shown: by the server name that it asks for, exactly or by a wildcard of one label, and
 * by what it can verify. As in Envoy's default selector.
 */
import type { KeyPair } from '../network/tls/key-pair.js';
import type { ClientHello } from './client-hello.js';

/** Signature schemes and groups by OpenSSL's name of the key's curve (RFC 8446 sections 4.2.3 and 4.2.7). */
const ofCurve: Readonly<Record<string, readonly [scheme: number, group: number]>> = {
  prime256v1: [0x0403, 23],
  secp384r1: [0x0503, 24],
  secp521r1: [0x0603, 25],
};

/** Suites of TLS 1.2 and older that want an ECDSA certificate. */
const ecdsaSuites: ReadonlySet<number> = new Set([0xc02b, 0xc02c, 0xcca9, 0xc009, 0xc00a, 0xc023, 0xc024]);

/** The client can verify a certificate with such a key. */
function takes(hello: ClientHello, { curve = '', keyType }: KeyPair): boolean {
  if (keyType !== 'ec') return true;
  const wanted = ofCurve[curve];
  if (wanted === undefined) return false;
  const [scheme, group] = wanted;
  if (!hello.signatureSchemes.includes(scheme)) return false;
  if (hello.groups.length > 0 && !hello.groups.includes(group)) return false;
  return hello.offersTls13 || hello.cipherSuites.some((suite) => ecdsaSuites.has(suite));
}

/** ECDSA before others, each kind in the order of the configuration. */
function best(pairs: readonly KeyPair[], hello: ClientHello): KeyPair | undefined {
  const usable = pairs.filter((pair) => takes(hello, pair));
  return usable.find(({ keyType }) => keyType === 'ec') ?? usable[0];
}

function forName(pairs: readonly KeyPair[], name: string): readonly KeyPair[] {
  const exact = pairs.filter(({ names }) => names.includes(name));
  if (exact.length > 0) return exact;
  const dot = name.indexOf('.');
  const wildcard = `*${name.slice(dot)}`;
  return dot < 0 ? [] : pairs.filter(({ names }) => names.includes(wildcard));
}

/**
 * @param pairs at least one; the first one is shown when nothing else is known
 * @param scansAll `full_scan_certs_on_sni_mismatch`: for an unknown name, what the client can verify instead of the first
 */
export function chooseCertificate(pairs: readonly KeyPair[], hello: ClientHello, scansAll: boolean): KeyPair {
  const first = pairs[0] as KeyPair;
  if (pairs.length === 1) return first;
  const { serverName } = hello;
  const named = serverName === '' ? undefined : best(forName(pairs, serverName), hello);
  if (named !== undefined) return named;
  return (serverName === '' || scansAll ? best(pairs, hello) : undefined) ?? first;
}
