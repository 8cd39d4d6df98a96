/**
 * `TlsCertificate.ocsp_staple`: an OCSP response (RFC 6960, DER) that goes with a certificate, and how long it holds.
 */
import type { Buffer } from 'node:buffer';
import { under } from '../config-path.js';
import { dataSourceName, readDataSource } from '../data-source.js';
import { ConfigError } from '../filter.js';
import type { CertificateFacts } from './certificate-facts.js';
import type { DerNode } from './der.js';
import { contextTag, derChildren, derTime, ENUMERATED, readDer } from './der.js';

type Path = readonly (string | number)[];

export interface OcspStaple {
  readonly response: Buffer;
  /** Milliseconds since the epoch. */
  readonly validFrom: number;
  /** Milliseconds since the epoch; infinite when the response does not say until when it holds. */
  readonly expiresAt: number;
}

const at = (node: DerNode | undefined, ...steps: readonly number[]): DerNode | undefined => {
  let found = node;
  for (const step of steps) found = found === undefined ? undefined : derChildren(found.content)[step];
  return found;
};

/** The only `SingleResponse` of a response that succeeded. */
function singleResponse(response: Buffer): DerNode[] | string {
  const whole = readDer(response);
  const status = at(whole, 0);
  if (status?.tag !== ENUMERATED || status.content[0] !== 0) return 'OCSP response was unsuccessful';
  const octets = at(whole, 1, 0, 1);
  if (octets === undefined) return 'OCSP response has no body';
  const data = at(readDer(octets.content), 0);
  const list = derChildren(data?.content ?? octets.content).filter(
    ({ tag }) => tag !== contextTag(0) && tag !== contextTag(1) && tag !== contextTag(2),
  )[1];
  const singles = list === undefined ? [] : derChildren(list.content);
  if (singles.length !== 1) return 'OCSP Response must be for one certificate only';
  return derChildren((singles[0] as DerNode).content);
}

function readResponse(response: Buffer, { serial }: CertificateFacts): OcspStaple | string {
  const single = singleResponse(response);
  if (typeof single === 'string') return single;
  const number = at(single[0], 3);
  if (number === undefined) return 'OCSP response names no certificate';
  if (number.content.toString('hex').replace(/^00(?=.)/, '') !== serial.replace(/^00(?=.)/, '')) {
    return 'OCSP response does not match its TLS certificate';
  }
  const next = single.find(({ tag }) => tag === contextTag(0));
  const time = next === undefined ? Number.POSITIVE_INFINITY : derTime(readDer(next.content));
  const from = single[2];
  return { response, validFrom: from === undefined ? Number.NaN : derTime(from), expiresAt: time };
}

/** @throws ConfigError when it is no response, or one for another certificate */
export function readOcspStaple(source: unknown, certificate: CertificateFacts, path: Path): OcspStaple {
  const response = under(() => readDataSource(source), ...path);
  let found: OcspStaple | string;
  try {
    found = readResponse(response, certificate);
  } catch {
    found = 'it is no OCSP response';
  }
  if (typeof found !== 'string') return found;
  throw new ConfigError(`${found} (${dataSourceName(source)})`, path);
}
