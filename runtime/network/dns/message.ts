/**
 * DNS messages (RFC 1035, 2782, 3596, 6891) as data. The wire form is in `encode.ts` and `decode.ts`.
 *
 * Names are in presentation form without the final dot (`web.service.consul`; the root is `''`); a dot or
 * backslash inside a label is `\.` or `\\`, an octet that is not printable ASCII is `\DDD`. Case is kept.
 */

/** Type numbers of the types known by name; every other type is called `TYPE<n>` (RFC 3597). */
export const typeNumbers = {
  A: 1,
  NS: 2,
  CNAME: 5,
  SOA: 6,
  PTR: 12,
  TXT: 16,
  AAAA: 28,
  SRV: 33,
  ANY: 255,
} as const;

export type NamedType = keyof typeof typeNumbers;
export type RecordTypeName = NamedType | `TYPE${number}`;

export const rcodes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NXDOMAIN: 3, NOTIMP: 4, REFUSED: 5 } as const;

export const CLASS_IN = 1;

export interface Question {
  readonly name: string;
  readonly type: RecordTypeName;
  readonly class: number;
}

interface RecordHead {
  readonly name: string;
  readonly class: number;
  /** Seconds. */
  readonly ttl: number;
}

export interface AddressRecord extends RecordHead {
  readonly type: 'A' | 'AAAA';
  /** IP address as text. */
  readonly address: string;
}

export interface NameRecord extends RecordHead {
  readonly type: 'CNAME' | 'NS' | 'PTR';
  readonly target: string;
}

export interface SrvRecord extends RecordHead {
  readonly type: 'SRV';
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

export interface TxtRecord extends RecordHead {
  readonly type: 'TXT';
  /** Character strings of at most 255 octets each. */
  readonly texts: readonly Uint8Array[];
}

export interface SoaRecord extends RecordHead {
  readonly type: 'SOA';
  readonly primary: string;
  readonly mailbox: string;
  readonly serial: number;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

/** A record of a type that is not read here. */
export interface OpaqueRecord extends RecordHead {
  readonly type: `TYPE${number}`;
  readonly data: Uint8Array;
}

export type ResourceRecord = AddressRecord | NameRecord | SrvRecord | TxtRecord | SoaRecord | OpaqueRecord;

/** The OPT pseudo record (RFC 6891). */
export interface Edns {
  /** Largest UDP payload that the sender takes, octets. */
  readonly udpSize: number;
  readonly version: number;
  readonly dnssecOk: boolean;
  /** Upper eight bits of the response code. */
  readonly extendedRcode: number;
  readonly options: readonly { readonly code: number; readonly data: Uint8Array }[];
}

export interface DnsMessage {
  readonly id: number;
  readonly response: boolean;
  readonly opcode: number;
  readonly authoritative: boolean;
  readonly truncated: boolean;
  readonly recursionDesired: boolean;
  readonly recursionAvailable: boolean;
  readonly authenticData: boolean;
  readonly checkingDisabled: boolean;
  /** Lower four bits of the response code. */
  readonly rcode: number;
  readonly questions: readonly Question[];
  readonly answers: readonly ResourceRecord[];
  readonly authorities: readonly ResourceRecord[];
  readonly additionals: readonly ResourceRecord[];
  readonly edns?: Edns | undefined;
}

/** The octets are not a DNS message. */
export class DnsFormatError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'DnsFormatError';
  }
}

/** Number of a type: `A` is 1, `TYPE65` is 65. */
export function typeNumber(name: RecordTypeName): number {
  return name in typeNumbers ? typeNumbers[name as NamedType] : Number(name.slice(4));
}

const names = new Map<number, NamedType>();
for (const [name, number] of Object.entries(typeNumbers)) names.set(number, name as NamedType);

/** Name of a type number; numbers without a name here are `TYPE<n>`. */
export function typeName(number: number): RecordTypeName {
  return names.get(number) ?? `TYPE${number}`;
}

/** A message with every field at its zero value but those given. */
export function message(fields: Partial<DnsMessage>): DnsMessage {
  return {
    id: 0,
    response: false,
    opcode: 0,
    authoritative: false,
    truncated: false,
    recursionDesired: false,
    recursionAvailable: false,
    authenticData: false,
    checkingDisabled: false,
    rcode: rcodes.NOERROR,
    questions: [],
    answers: [],
    authorities: [],
    additionals: [],
    ...fields,
  };
}
