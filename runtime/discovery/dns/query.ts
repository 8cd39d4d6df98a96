/**
 * Reads as much of a query as is needed to answer it: header, question and OPT. Cheaper than a whole decoder, and
 * forgiving where Consul is: records that a query has no use for need not be there.
 */
import { labelText } from '../../network/dns/name.js';

/** EDNS of a query (RFC 6891). */
export interface QueryEdns {
  readonly udpSize: number;
  readonly version: number;
  /** Client subnet (RFC 7871), as it came: family, source prefix, scope prefix and address. */
  readonly subnet: Buffer | undefined;
}

export interface Query {
  readonly id: number;
  /** Third octet of the header: QR, opcode, AA, TC, RD. */
  readonly flags: number;
  readonly opcode: number;
  readonly checkingDisabled: boolean;
  /** Where the question ends; it begins at octet 12. */
  readonly questionEnd: number;
  readonly type: number;
  readonly class: number;
  readonly edns: QueryEdns | undefined;
}

const OPT = 41;
const subnetOption = 8;

/** Where the name at `at` ends; undefined: it is no name, or one with pointers. */
function skipName(octets: Buffer, start: number): number | undefined {
  let at = start;
  for (;;) {
    const length = octets[at];
    if (length === undefined || length > 63) return undefined;
    at += length + 1;
    if (at - start > 255) return undefined;
    if (length === 0) return at;
  }
}

/** Any record's name may be a pointer. */
function skipRecordName(octets: Buffer, start: number): number | undefined {
  let at = start;
  for (;;) {
    const length = octets[at];
    if (length === undefined) return undefined;
    if (length >= 0xc0) return at + 2;
    if (length > 63) return undefined;
    at += length + 1;
    if (length === 0) return at;
  }
}

function readSubnet(octets: Buffer, start: number, end: number): Buffer | undefined {
  let at = start;
  while (at + 4 <= end) {
    const code = octets.readUInt16BE(at);
    const length = octets.readUInt16BE(at + 2);
    at += 4;
    if (at + length > end) return undefined;
    if (code === subnetOption && length >= 4) return octets.subarray(at, at + length);
    at += length;
  }
  return undefined;
}

/** The first OPT record behind the question; octets that are no records are ignored. */
function readEdns(octets: Buffer, start: number, records: number): QueryEdns | undefined {
  let at = start;
  for (let n = 0; n < records; n++) {
    const nameEnd = skipRecordName(octets, at);
    if (nameEnd === undefined || nameEnd + 10 > octets.length) return undefined;
    const end = nameEnd + 10 + octets.readUInt16BE(nameEnd + 8);
    if (end > octets.length) return undefined;
    if (octets.readUInt16BE(nameEnd) === OPT) {
      return {
        udpSize: octets.readUInt16BE(nameEnd + 2),
        version: octets[nameEnd + 5] as number,
        subnet: end > nameEnd + 10 ? readSubnet(octets, nameEnd + 10, end) : undefined,
      };
    }
    at = end;
  }
  return undefined;
}

/** Most records of each section that a query may announce: more are an attack or a mistake. */
const maxRecords = { answers: 1, authorities: 1, additionals: 2 };

/** @returns undefined: the octets, at least twelve, are no query with one question */
export function parseQuery(octets: Buffer): Query | undefined {
  const answers = octets.readUInt16BE(6);
  const authorities = octets.readUInt16BE(8);
  const additionals = octets.readUInt16BE(10);
  if (
    octets.readUInt16BE(4) !== 1 ||
    answers > maxRecords.answers ||
    authorities > maxRecords.authorities ||
    additionals > maxRecords.additionals
  ) {
    return undefined;
  }
  const nameEnd = skipName(octets, 12);
  if (nameEnd === undefined || nameEnd + 4 > octets.length) return undefined;
  const flags = octets[2] as number;
  const records = answers + authorities + additionals;
  return {
    id: octets.readUInt16BE(0),
    flags,
    opcode: (flags >> 3) & 15,
    checkingDisabled: ((octets[3] as number) & 0x10) !== 0,
    questionEnd: nameEnd + 4,
    type: octets.readUInt16BE(nameEnd),
    class: octets.readUInt16BE(nameEnd + 2),
    edns: records === 0 ? undefined : readEdns(octets, nameEnd + 4, records),
  };
}

/** The name of the question in presentation form. */
export function questionName(octets: Buffer): string {
  const labels: string[] = [];
  let at = 12;
  for (;;) {
    const length = octets[at] as number;
    if (length === 0) return labels.join('.');
    labels.push(labelText(octets.toString('latin1', at + 1, at + 1 + length)));
    at += length + 1;
  }
}
