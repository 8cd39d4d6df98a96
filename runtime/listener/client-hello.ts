/**
 * The first message of a TLS handshake, read without taking part in it: what Envoy's TLS inspector finds out to choose a
 * filter chain. RFC 8446 sections 4.1.2 and 5.1, RFC 6066 section 3 (server name), RFC 7301 (ALPN). Pure.
 */

export interface ClientHello {
  /** Lower case, `''` when the client sends none. */
  readonly serverName: string;
  /** As offered, in the client's order. */
  readonly applicationProtocols: readonly string[];
  /** TLS 1.3 is among the versions. */
  readonly offersTls13: boolean;
  /** Numbers of IANA's registries, in the client's order. */
  readonly cipherSuites: readonly number[];
  readonly signatureSchemes: readonly number[];
  readonly groups: readonly number[];
  /** Groups that it sent a key of (TLS 1.3). */
  readonly keyShares: readonly number[];
  /** It takes an OCSP response (RFC 6066 section 8). */
  readonly asksForStaple: boolean;
  /** The first 16 octets of the session ticket that it brings, in hexadecimal: the name of a key; `''` without one. */
  readonly ticketName: string;
}

/** What is known of a client of which nothing was read, or nothing that makes sense. */
export const emptyClientHello: ClientHello = {
  serverName: '',
  applicationProtocols: [],
  offersTls13: false,
  cipherSuites: [],
  signatureSchemes: [],
  groups: [],
  keyShares: [],
  asksForStaple: false,
  ticketName: '',
};

/**
 * What the first octets of a connection are: a ClientHello; `more` while it is not complete; `not-tls`; `too-large` for
 * one that goes beyond the limit.
 */
export type FirstOctets = ClientHello | 'more' | 'not-tls' | 'too-large';

/** Envoy's limit (`max_client_hello_size`), octets. */
export const maxClientHello = 16 * 1024;

const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
const HOST_NAME = 0;
const TLS13 = 0x0304;
const TICKET_NAME_OCTETS = 16;

// Extensions (IANA, TLS ExtensionType Values).
const SERVER_NAME = 0;
const STATUS_REQUEST = 5;
const SUPPORTED_GROUPS = 10;
const SIGNATURE_ALGORITHMS = 13;
const ALPN = 16;
const SESSION_TICKET = 35;
const PRE_SHARED_KEY = 41;
const SUPPORTED_VERSIONS = 43;
const KEY_SHARE = 51;

/** Steps through the fields of a message. Past its end everything is 0 and `failed` is true. */
class Cursor {
  failed = false;
  private readonly octets: Buffer;
  private at: number;
  private readonly end: number;

  constructor(octets: Buffer, at = 0, end = octets.length) {
    this.octets = octets;
    this.at = at;
    this.end = end;
  }

  get hasMore(): boolean {
    return !this.failed && this.at < this.end;
  }

  skip(length: number): void {
    if (this.at + length > this.end) this.failed = true;
    this.at += length;
  }

  /** A number of one, two or three octets. */
  number(length: 1 | 2 | 3): number {
    this.skip(length);
    return this.failed ? 0 : this.octets.readUIntBE(this.at - length, length);
  }

  /** What follows its own length. */
  part(lengthOctets: 1 | 2 | 3): Cursor {
    const length = this.number(lengthOctets);
    const from = this.at;
    this.skip(length);
    return this.failed ? new Cursor(this.octets, 0, 0) : new Cursor(this.octets, from, from + length);
  }

  text(): string {
    return this.octets.toString('latin1', this.at, this.end);
  }

  /** All that is left, as numbers of two octets. */
  numbers(): number[] {
    const all: number[] = [];
    while (this.hasMore) {
      const one = this.number(2);
      if (!this.failed) all.push(one);
    }
    return all;
  }

  /** The first octets of what is left, in hexadecimal. */
  hex(length: number): string {
    return this.octets.toString('hex', this.at, Math.min(this.end, this.at + length));
  }
}

/** The handshake message out of its records. */
function joinRecords(octets: Buffer): Buffer | 'more' | 'not-tls' | 'too-large' {
  const fragments: Buffer[] = [];
  let wanted = 4;
  let have = 0;
  let at = 0;
  while (have < wanted) {
    if (octets.length > at && octets[at] !== HANDSHAKE_RECORD) return 'not-tls';
    if (octets.length > at + 1 && octets[at + 1] !== 3) return 'not-tls';
    // Many records of one octet each make a small message long on the wire.
    if (at > 2 * maxClientHello) return 'too-large';
    if (octets.length < at + 5) return 'more';
    const length = octets.readUInt16BE(at + 3);
    if (length === 0) return 'not-tls';
    const fragment = octets.subarray(at + 5, at + 5 + length);
    fragments.push(fragment);
    have += fragment.length;
    at += 5 + length;
    if (have >= 4 && wanted === 4) {
      const head = fragments.length === 1 ? fragment : Buffer.concat(fragments);
      if (head[0] !== CLIENT_HELLO) return 'not-tls';
      wanted = 4 + head.readUIntBE(1, 3);
      if (wanted > maxClientHello) return 'too-large';
    }
    if (fragment.length < length && have < wanted) return 'more';
  }
  return fragments.length === 1 ? (fragments[0] as Buffer) : Buffer.concat(fragments);
}

function readServerName(extension: Cursor): string {
  const names = extension.part(2);
  while (names.hasMore) {
    const kind = names.number(1);
    const name = names.part(2);
    if (kind === HOST_NAME && !names.failed) return name.text().toLowerCase();
  }
  return '';
}

function readProtocols(extension: Cursor): string[] {
  const names = extension.part(2);
  const protocols: string[] = [];
  while (names.hasMore) {
    const name = names.part(1);
    if (!names.failed) protocols.push(name.text());
  }
  return protocols;
}

function readKeyShares(extension: Cursor): number[] {
  const shares = extension.part(2);
  const groups: number[] = [];
  while (shares.hasMore) {
    groups.push(shares.number(2));
    shares.part(2);
  }
  return groups;
}

type Hello = { -readonly [Field in keyof ClientHello]: ClientHello[Field] };

function readExtension(kind: number, extension: Cursor, hello: Hello): void {
  switch (kind) {
    case SERVER_NAME:
      hello.serverName = readServerName(extension);
      break;
    case STATUS_REQUEST:
      hello.asksForStaple = true;
      break;
    case SUPPORTED_GROUPS:
      hello.groups = extension.part(2).numbers();
      break;
    case SIGNATURE_ALGORITHMS:
      hello.signatureSchemes = extension.part(2).numbers();
      break;
    case ALPN:
      hello.applicationProtocols = readProtocols(extension);
      break;
    case SESSION_TICKET:
      hello.ticketName ||= extension.hex(TICKET_NAME_OCTETS);
      break;
    case PRE_SHARED_KEY:
      hello.ticketName = extension.part(2).part(2).hex(TICKET_NAME_OCTETS);
      break;
    case SUPPORTED_VERSIONS:
      hello.offersTls13 = extension.part(1).numbers().includes(TLS13);
      break;
    case KEY_SHARE:
      hello.keyShares = readKeyShares(extension);
      break;
  }
}

/** @param octets all that came so far */
export function readClientHello(octets: Buffer): FirstOctets {
  const message = joinRecords(octets);
  if (typeof message === 'string') return message;
  const body = new Cursor(message, 1).part(3);
  body.skip(2 + 32);
  body.part(1);
  const cipherSuites = body.part(2).numbers();
  body.part(1);
  // Without extensions: TLS 1.2 and older.
  if (!body.hasMore) return body.failed ? 'not-tls' : { ...emptyClientHello, cipherSuites };
  const extensions = body.part(2);
  const hello: Hello = { ...emptyClientHello, cipherSuites };
  while (extensions.hasMore) {
    const kind = extensions.number(2);
    readExtension(kind, extensions.part(2), hello);
  }
  // The handshake itself will tell what is wrong with it; no chain is chosen by half a message.
  return extensions.failed || body.failed ? emptyClientHello : hello;
}
