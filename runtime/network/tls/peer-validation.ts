/**
 * `CertificateValidationContext`: what is asked of the other side's certificate, the same for servers and for clients.
 * OpenSSL builds and checks the chain; names, hashes and what follows from all that is decided here, in Envoy's order
 * (`DefaultCertValidator`).
 */
import { X509Certificate } from 'node:crypto';
import type { SecureContextOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import type { Fields } from '../../common/message-fields.js';
import { messageOf, messagesOf, textOf } from '../../common/message-fields.js';
import { toOctets } from '../../common/octet-text.js';
import { compileStringMatcher } from '../../route/compile-string-matcher.js';
import { under } from '../config-path.js';
import { dataSourceName, readDataSource } from '../data-source.js';
import { ConfigError } from '../filter.js';
import type { AlternateName, AlternateNameKind, CertificateFacts } from './certificate-facts.js';
import { pemBlocks } from './certificate-facts.js';
import type { LoadedCertificate } from './key-pair.js';
import { chainErrorText, VerifyError } from './verify-error.js';

type Path = readonly (string | number)[];
type NameTest = (name: AlternateName) => boolean;

/** What is known of a peer when its handshake is over. */
export interface PeerEvidence {
  /** Node's code of what OpenSSL says of the chain; undefined when it is good. */
  readonly chainError: string | undefined;
  /** As the peer showed it, its own certificate first; at least one. */
  readonly chain: readonly CertificateFacts[];
  /** `auto_sni_san_validation`: the certificate must be for this name, which goes instead of the configured ones. */
  readonly serverName?: string;
  /** `auto_san_validation`: it must have one of these names. */
  readonly expectedNames?: readonly string[];
}

export interface PeerVerdict {
  /** What is wrong with the certificate, and is to be counted. */
  readonly error: VerifyError | undefined;
  /** Nevertheless taken (`ACCEPT_UNTRUSTED`). */
  readonly isAccepted: boolean;
}

export interface PeerValidation {
  /** For the context: authorities and revocation lists. */
  readonly options: SecureContextOptions;
  /** Something is verified: a server asks its clients for certificates. */
  readonly isActive: boolean;
  /** Names or hashes are asked for: who shows no certificate is refused. */
  readonly needsCertificate: boolean;
  /** Whom no authority vouches for is refused, whatever else may be said for it. */
  readonly chainDecides: boolean;
  readonly trusted: readonly LoadedCertificate[];
  verify(evidence: PeerEvidence): PeerVerdict;
}

const good: PeerVerdict = { error: undefined, isAccepted: true };

/** A name of a certificate, perhaps `*.example.com`, fits a host name (RFC 6125 section 6.4.3: one label). */
export function dnsNameFits(pattern: string, name: string): boolean {
  const wanted = name.toLowerCase();
  const given = pattern.toLowerCase();
  if (given === wanted) return true;
  if (!given.startsWith('*.')) return false;
  const dot = wanted.indexOf('.');
  return dot > 0 && wanted.slice(dot) === given.slice(1);
}

/** Names of the certificate as Envoy lists them in what it says of a failure. */
const listed = ({ alternateNames }: CertificateFacts): string =>
  alternateNames.map(({ value }) => value).join(', ');

const kinds: readonly AlternateNameKind[] = ['DNS', 'URI', 'IP_ADDRESS', 'EMAIL', 'OTHER_NAME'];

function typedNameTest(config: Fields, path: Path): NameTest {
  const kind = textOf(config.san_type) as AlternateNameKind;
  if (!kinds.includes(kind))
    throw new ConfigError(`unknown san_type ${textOf(config.san_type)}`, [...path, 'san_type']);
  const matcher = messageOf(config.matcher);
  const oid = textOf(config.oid);
  if (kind === 'OTHER_NAME' && !/^[0-2](?:\.\d+)+$/.test(oid)) {
    throw new ConfigError(`Failed to create SAN matcher for OTHER_NAME with OID: ${oid}`, [...path, 'oid']);
  }
  const test = under(() => compileStringMatcher(matcher), ...path, 'matcher');
  // Wildcards of certificates count where one whole name is asked for.
  if (kind === 'DNS' && typeof matcher.exact === 'string') {
    const exact = matcher.exact;
    return (name) => name.kind === 'DNS' && dnsNameFits(name.value, exact);
  }
  return (name) =>
    name.kind === kind && (kind !== 'OTHER_NAME' || name.oid === oid) && test(toOctets(name.value));
}

/** `match_subject_alt_names`, the older form: a name of whatever kind. */
function anyNameTest(matcher: Fields, path: Path): NameTest {
  const tests = kinds
    .filter((kind) => kind !== 'OTHER_NAME')
    .map((san_type) => typedNameTest({ san_type, matcher }, path.slice(0, -1)));
  return (name) => tests.some((test) => test(name));
}

/** 64 hexadecimal digits, perhaps with colons. */
function readHash(text: string, path: Path): string {
  const hash = text.replaceAll(':', '').toLowerCase();
  if (/^[0-9a-f]{64}$/.test(hash)) return hash;
  throw new ConfigError(`Invalid hex-encoded SHA-256 ${text}`, path);
}

function readSpki(text: string, path: Path): string {
  if (Buffer.from(text, 'base64').length === 32) return text;
  throw new ConfigError(`Invalid base64-encoded SHA-256 ${text}`, path);
}

interface Authorities {
  readonly options: SecureContextOptions;
  readonly trusted: readonly LoadedCertificate[];
}

const crlLabel = 'X509 CRL';

function readAuthorities(source: unknown, path: Path): { readonly ca: Buffer; readonly lists: string[] } {
  const name = dataSourceName(source);
  const ca = under(() => readDataSource(source), ...path);
  const refuse = (): never => {
    throw new ConfigError(`Failed to load trusted CA certificates from ${name}`, path);
  };
  const blocks = pemBlocks(ca, 'CERTIFICATE|X509 CERTIFICATE|TRUSTED CERTIFICATE');
  // OpenSSL takes a text without any certificate for an empty list, which would trust nobody and say nothing.
  if (blocks.length === 0) refuse();
  try {
    for (const block of blocks) new X509Certificate(block);
    createSecureContext({ ca });
  } catch {
    refuse();
  }
  return { ca, lists: pemBlocks(ca, crlLabel) };
}

function readRevocations(source: unknown, path: Path): string[] {
  const crl = under(() => readDataSource(source), ...path);
  const lists = pemBlocks(crl, crlLabel);
  try {
    if (lists.length === 0) throw new Error('no list');
    createSecureContext({ crl: lists });
  } catch {
    throw new ConfigError(`Failed to load CRL from ${dataSourceName(source)}`, path);
  }
  return lists;
}

function readTrust(context: Fields, path: Path): Authorities {
  const { crl, trusted_ca } = context;
  const revoked = crl === undefined ? [] : readRevocations(crl, [...path, 'crl']);
  if (trusted_ca === undefined) {
    if (crl === undefined) return { options: {}, trusted: [] };
    throw new ConfigError(`Failed to load CRL from ${dataSourceName(crl)} without trusted CA`, [
      ...path,
      'crl',
    ]);
  }
  const { ca, lists } = readAuthorities(trusted_ca, [...path, 'trusted_ca']);
  const all = [...lists, ...revoked];
  const options = {
    ca,
    // An authority may be one that others vouch for: Envoy ends the chain there.
    allowPartialTrustChain: true,
    ...(all.length === 0 ? {} : { crl: all }),
  };
  return { options, trusted: [{ path: dataSourceName(trusted_ca), certificate: ca }] };
}

/** Certificates that the peer showed and that vouch for one another, beyond its own one. */
function depthOf(chain: readonly CertificateFacts[]): number {
  let depth = 0;
  while (chain[depth + 1] !== undefined && chain[depth]?.issuer === chain[depth + 1]?.subject) depth++;
  return depth;
}

/**
 * @param context absent: nothing is verified
 * @param path of the context, for errors
 * @throws ConfigError in Envoy's words, with the name of the file
 */
export function compilePeerValidation(context: Fields, path: Path): PeerValidation {
  const { options, trusted } = readTrust(context, path);
  const hashes = new Set(
    ((context.verify_certificate_hash ?? []) as readonly string[]).map((one, at) =>
      readHash(one, [...path, 'verify_certificate_hash', at]),
    ),
  );
  const spkis = new Set(
    ((context.verify_certificate_spki ?? []) as readonly string[]).map((one, at) =>
      readSpki(one, [...path, 'verify_certificate_spki', at]),
    ),
  );
  const nameTests = [
    ...messagesOf(context.match_typed_subject_alt_names).map((one, at) =>
      typedNameTest(one, [...path, 'match_typed_subject_alt_names', at]),
    ),
    ...messagesOf(context.match_subject_alt_names).map((one, at) =>
      anyNameTest(one, [...path, 'match_subject_alt_names', at]),
    ),
  ];
  const verifiesChain = trusted.length > 0;
  if (nameTests.length > 0 && !verifiesChain) {
    throw new ConfigError(
      'SAN-based verification of peer certificates without trusted CA is insecure and not allowed',
      path,
    );
  }
  const acceptsUntrusted = context.trust_chain_verification === 'ACCEPT_UNTRUSTED';
  const hasPins = hashes.size > 0 || spkis.size > 0;

  const asksForNames = nameTests.length > 0;

  function nameError(
    leaf: CertificateFacts,
    { expectedNames, serverName }: PeerEvidence,
  ): VerifyError | undefined {
    const names = leaf.alternateNames;
    if (expectedNames !== undefined) {
      const fits = ({ kind, value }: AlternateName): boolean =>
        expectedNames.some((one) => (kind === 'DNS' ? dnsNameFits(value, one) : value === one));
      if (!names.some(fits)) {
        const detail = `verify SAN list, expected SANs: [${expectedNames.join(', ')}], certificate SANs: [${listed(leaf)}]`;
        return new VerifyError('failVerifySan', detail);
      }
    }
    const isNamed =
      serverName === undefined
        ? !asksForNames || names.some((name) => nameTests.some((test) => test(name)))
        : names.some(({ kind, value }) => kind === 'DNS' && dnsNameFits(value, serverName));
    if (isNamed) return undefined;
    return new VerifyError('failVerifySan', `SAN matcher, certificate SANs are [${listed(leaf)}]`);
  }

  function findError(evidence: PeerEvidence): VerifyError | undefined {
    const { chainError, expectedNames, serverName } = evidence;
    if (verifiesChain && chainError !== undefined) {
      const depth = depthOf(evidence.chain);
      return new VerifyError('failVerifyError', chainErrorText(chainError, depth) ?? chainError);
    }
    // The certificate is not read when nobody asks what it says.
    if (asksForNames || expectedNames !== undefined || serverName !== undefined) {
      const error = nameError(evidence.chain[0] as CertificateFacts, evidence);
      if (error !== undefined) return error;
    }
    if (!hasPins) return undefined;
    const [leaf] = evidence.chain as [CertificateFacts];
    if (hashes.has(leaf.sha256) || spkis.has(leaf.spkiSha256)) return undefined;
    return new VerifyError('failVerifyCertHash', 'cert hash and spki');
  }

  return {
    options,
    isActive: verifiesChain || hasPins,
    needsCertificate: (hasPins || nameTests.length > 0) && !acceptsUntrusted,
    chainDecides: verifiesChain && !acceptsUntrusted,
    trusted,
    verify(evidence) {
      const error = findError(evidence);
      return error === undefined ? good : { error, isAccepted: acceptsUntrusted };
    },
  };
}
