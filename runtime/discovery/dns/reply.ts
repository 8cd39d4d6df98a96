/**
 * One DNS message in, at most one out: what a transport does not need to know. Never throws.
 */
import { decodeMessage } from '../../network/dns/decode.js';
import { encodeMessage } from '../../network/dns/encode.js';
import type { DnsMessage, Edns } from '../../network/dns/message.js';
import { message, rcodes } from '../../network/dns/message.js';
import type { Answer, Zone } from './zone.js';

/** Without EDNS0 (RFC 1035 section 2.3.4). */
const plainUdpBytes = 512;
/** Larger ones travel in fragments, which get lost; TCP has the rest. */
const maxUdpBytes = 4096;
const maxTcpBytes = 65_535;

/** Answers a question that cannot be read with its first twelve octets. */
function bare(octets: Uint8Array, rcode: number): Buffer {
  const reply = Buffer.alloc(12);
  reply[0] = octets[0] as number;
  reply[1] = octets[1] as number;
  const flags = octets[2] as number;
  reply[2] = 0x80 | (flags & 0x79); // QR, and the opcode and RD of the question
  reply[3] = rcode;
  return reply;
}

/** Largest number of items that fit, when `fits` holds up to some number and not beyond it. */
function largest(count: number, fits: (count: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (fits(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * Leaves out additional records first, which says nothing (RFC 2181 section 9), then answers, which sets TC, so that the
 * client asks again over TCP.
 */
function fit(reply: DnsMessage, maxBytes: number): Buffer {
  const whole = encodeMessage(reply);
  if (whole.length <= maxBytes) return whole;
  const withAdditionals = (count: number) => ({ ...reply, additionals: reply.additionals.slice(0, count) });
  const additionals = largest(
    reply.additionals.length,
    (count) => encodeMessage(withAdditionals(count)).length <= maxBytes,
  );
  const shorter = encodeMessage(withAdditionals(additionals));
  if (shorter.length <= maxBytes) return shorter;
  const withAnswers = (count: number) => ({
    ...reply,
    truncated: true,
    additionals: [],
    authorities: [],
    answers: reply.answers.slice(0, count),
  });
  const answers = largest(
    reply.answers.length,
    (count) => encodeMessage(withAnswers(count)).length <= maxBytes,
  );
  return encodeMessage(withAnswers(answers));
}

function replyMessage(query: DnsMessage, answer: Answer): DnsMessage {
  const edns: Edns | undefined =
    query.edns === undefined
      ? undefined
      : { udpSize: maxUdpBytes, version: 0, dnssecOk: false, extendedRcode: answer.rcode >> 4, options: [] };
  return message({
    id: query.id,
    response: true,
    opcode: query.opcode,
    recursionDesired: query.recursionDesired,
    checkingDisabled: query.checkingDisabled,
    questions: query.questions,
    authoritative: answer.authoritative,
    rcode: answer.rcode & 15,
    answers: answer.answers,
    authorities: answer.authorities,
    additionals: answer.additionals,
    edns,
  });
}

const badVersion: Answer = {
  rcode: 16, // BADVERS, RFC 6891 section 6.1.3
  authoritative: false,
  answers: [],
  authorities: [],
  additionals: [],
};

/**
 * @returns the octets to send back; undefined for what deserves no answer: less than a header, or a response, which
 *   two servers would otherwise send each other for ever
 */
export function replyTo(octets: Uint8Array, transport: 'udp' | 'tcp', zone: Zone): Buffer | undefined {
  if (octets.length < 12 || ((octets[2] as number) & 0x80) !== 0) return undefined;
  if (((octets[2] as number) & 0x78) !== 0) return bare(octets, rcodes.NOTIMP);
  let query: DnsMessage;
  try {
    query = decodeMessage(octets);
  } catch {
    return bare(octets, rcodes.FORMERR);
  }
  const [question] = query.questions;
  if (question === undefined || query.questions.length !== 1) return bare(octets, rcodes.FORMERR);
  const udpBytes = Math.min(maxUdpBytes, Math.max(plainUdpBytes, query.edns?.udpSize ?? 0));
  try {
    const answer = query.edns !== undefined && query.edns.version > 0 ? badVersion : zone.answer(question);
    return fit(replyMessage(query, answer), transport === 'tcp' ? maxTcpBytes : udpBytes);
  } catch {
    // A registered name that is too long for a DNS name, for example.
    return bare(octets, rcodes.SERVFAIL);
  }
}
