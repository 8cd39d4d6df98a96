/**
 * What verification, `x-forwarded-client-cert`, access logs and `/certs` want to know of a certificate (RFC 5280), read
 * off its DER once.
 */
import { createHash } from 'node:crypto';
import {
  BIT_STRING,
  BOOLEAN,
  contextTag,
  derChildren,
  derOid,
  derText,
  derTime,
  OCTET_STRING,
  readDer,
} from './der.js';
import type { DerNode } from './der.js';
import { distinguishedName } from './distinguished-name.js';

/** `SubjectAltNameMatcher.SanType` */
export type AlternateNameKind = 'DNS' | 'URI' | 'IP_ADDRESS' | 'EMAIL' | 'OTHER_NAME';

export interface AlternateName {
  readonly kind: AlternateNameKind;
  readonly value: string;
  /** Of an `otherName`, else `''`. */
  readonly oid: string;
}

export interface CertificateFacts {
  readonly der: Buffer;
  /** RFC 2253, see `distinguished-name.ts`. */
  readonly subject: string;
  readonly issuer: string;
  /** The last common name of the subject, `''` without one. */
  readonly commonName: string;
  /** Lower-case hexadecimal. */
  readonly serial: string;
  /** In the certificate's order. */
  readonly alternateNames: readonly AlternateName[];
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Of the whole certificate, lower-case hexadecimal. */
  readonly sha256: string;
  readonly sha1: string;
  /** Of the public key, base64 (RFC 7469 section 2.4). */
  readonly spkiSha256: string;
  /** `digitalSignature` is among the key's uses, or nothing is said of them (RFC 5280 section 4.2.1.3). */
  readonly maySign: boolean;
  readonly isRsa: boolean;
  /** PEM as OpenSSL writes it, with a line end at the end. */
  readonly pem: string;
}

const subjectAltName = '2.5.29.17';
const keyUsage = '2.5.29.15';
const rsaEncryption = '1.2.840.113549.1.1.1';

// Numbers of `GeneralName`.
const OTHER_NAME = 0;
const EMAIL = 1;
const DNS = 2;
const URI = 6;
const IP = 7;

/** RFC 5952: the longest run of zero groups is left out. */
function ipv6Text(octets: Buffer): string {
  const groups = Array.from({ length: 8 }, (_, at) => octets.readUInt16BE(at * 2).toString(16));
  const text = groups.join(':');
  const runs = text.match(/(?:^|:)0(?::0)+(?=:|$)/g) ?? [];
  let longest = '';
  for (const run of runs) if (run.length > longest.length) longest = run;
  if (longest === '') return text;
  const at = text.indexOf(longest);
  const before = text.slice(0, at);
  const after = text.slice(at + longest.length).replace(/^:/, '');
  return `${before}::${after}`;
}

function ipText(octets: Buffer): string | undefined {
  if (octets.length === 4) return octets.join('.');
  return octets.length === 16 ? ipv6Text(octets) : undefined;
}

function otherName(content: Buffer): AlternateName | undefined {
  const [type, wrapped] = derChildren(content);
  if (type === undefined || wrapped === undefined) return undefined;
  const [inner] = derChildren(wrapped.content);
  const value = inner === undefined ? undefined : derText(inner);
  return value === undefined ? undefined : { kind: 'OTHER_NAME', value, oid: derOid(type.content) };
}

function alternateName({ content, tag }: DerNode): AlternateName | undefined {
  const named = (kind: AlternateNameKind, value: string): AlternateName => ({ kind, value, oid: '' });
  switch (tag & 0x1f) {
    case OTHER_NAME:
      return otherName(content);
    case EMAIL:
      return named('EMAIL', content.toString('latin1'));
    case DNS:
      return named('DNS', content.toString('latin1'));
    case URI:
      return named('URI', content.toString('latin1'));
    case IP: {
      const text = ipText(content);
      return text === undefined ? undefined : named('IP_ADDRESS', text);
    }
    default:
      return undefined;
  }
}

/** Value of an extension: what is inside its OCTET STRING. */
function extensionValue(extensions: readonly DerNode[], oid: string): DerNode | undefined {
  for (const { content } of extensions) {
    const [type, ...rest] = derChildren(content);
    if (type === undefined || derOid(type.content) !== oid) continue;
    const value = rest.find(({ tag }) => tag !== BOOLEAN);
    return value?.tag === OCTET_STRING ? readDer(value.content) : undefined;
  }
  return undefined;
}

function commonNameOf(subject: DerNode): string {
  let found = '';
  for (const set of derChildren(subject.content)) {
    for (const { content } of derChildren(set.content)) {
      const [type, value] = derChildren(content);
      if (type !== undefined && value !== undefined && derOid(type.content) === '2.5.4.3')
        found = derText(value) ?? '';
    }
  }
  return found;
}

function isRsaKey({ content }: DerNode): boolean {
  const [algorithm] = derChildren(content);
  const [oid] = algorithm === undefined ? [] : derChildren(algorithm.content);
  return oid !== undefined && derOid(oid.content) === rsaEncryption;
}

const digest = (algorithm: string, octets: Buffer, encoding: 'hex' | 'base64' = 'hex'): string =>
  createHash(algorithm).update(octets).digest(encoding);

export function pemOf(der: Buffer): string {
  const lines = der.toString('base64').replace(/.{1,64}/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}-----END CERTIFICATE-----\n`;
}

/** What costs more than it is asked for is made when it is asked for. */
class ReadCertificate implements CertificateFacts {
  readonly der: Buffer;
  readonly commonName: string;
  readonly serial: string;
  readonly alternateNames: readonly AlternateName[];
  readonly notBefore: number;
  readonly notAfter: number;
  readonly maySign: boolean;
  readonly isRsa: boolean;
  readonly subject: string;
  readonly issuer: string;
  private readonly publicKey: DerNode;
  private readonly made = new Map<string, string>();

  constructor(der: Buffer) {
    const [body] = derChildren(readDer(der).content);
    if (body === undefined) throw new Error('no certificate');
    const fields = derChildren(body.content);
    if (fields[0]?.tag === contextTag(0)) fields.shift();
    const [serial, , issuer, validity, subject, publicKey, ...rest] = fields;
    if (
      serial === undefined ||
      issuer === undefined ||
      validity === undefined ||
      subject === undefined ||
      publicKey === undefined
    ) {
      throw new Error('no certificate');
    }
    const wrapped = rest.find(({ tag }) => tag === contextTag(3));
    const extensions = wrapped === undefined ? [] : derChildren(readDer(wrapped.content).content);
    const names = extensionValue(extensions, subjectAltName);
    const usage = extensionValue(extensions, keyUsage);
    const [from, to] = derChildren(validity.content);
    const { content } = serial;
    this.der = der;
    this.publicKey = publicKey;
    this.subject = distinguishedName(subject);
    this.issuer = distinguishedName(issuer);
    this.commonName = commonNameOf(subject);
    this.serial = (content[0] === 0 && content.length > 1 ? content.subarray(1) : content).toString('hex');
    this.alternateNames = (names === undefined ? [] : derChildren(names.content))
      .map(alternateName)
      .filter((one) => one !== undefined);
    this.notBefore = from === undefined ? Number.NaN : derTime(from);
    this.notAfter = to === undefined ? Number.NaN : derTime(to);
    this.maySign = usage?.tag !== BIT_STRING || ((usage.content[1] ?? 0) & 0x80) !== 0;
    this.isRsa = isRsaKey(publicKey);
  }

  private once(name: string, make: () => string): string {
    let text = this.made.get(name);
    if (text === undefined) {
      text = make();
      this.made.set(name, text);
    }
    return text;
  }

  get sha256(): string {
    return this.once('sha256', () => digest('sha256', this.der));
  }

  get sha1(): string {
    return this.once('sha1', () => digest('sha1', this.der));
  }

  get spkiSha256(): string {
    return this.once('spki', () => digest('sha256', this.publicKey.whole, 'base64'));
  }

  get pem(): string {
    return this.once('pem', () => pemOf(this.der));
  }
}

/** @throws Error when the octets are no certificate */
export function readCertificateFacts(der: Buffer): CertificateFacts {
  return new ReadCertificate(der);
}

/** Values of one kind, in the certificate's order. */
export function namesOfKind(
  { alternateNames }: CertificateFacts,
  kind: AlternateNameKind,
): readonly string[] {
  return alternateNames.filter((one) => one.kind === kind).map(({ value }) => value);
}

/** The DER of all certificates in a PEM text, in its order. */
export function pemCertificates(pem: Buffer): Buffer[] {
  return pemBlocks(pem, 'CERTIFICATE|X509 CERTIFICATE|TRUSTED CERTIFICATE').map((block) =>
    Buffer.from(block.replace(/-----[^-]+-----/g, ''), 'base64'),
  );
}

/** Whole blocks of a PEM text whose label is one of these. @param label alternatives of a regular expression */
export function pemBlocks(pem: Buffer, label: string): string[] {
  const text = pem.toString('latin1');
  return [...text.matchAll(new RegExp(`-----BEGIN (${label})-----[\\s\\S]*?-----END \\1-----`, 'g'))].map(
    ([block]) => block,
  );
}
