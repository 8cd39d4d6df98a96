/**
 * Names of subjects and issuers as text (RFC 2253), escaped as OpenSSL and BoringSSL do: what Envoy writes into
 * `x-forwarded-client-cert` and access logs.
 */
import type { DerNode } from './der.js';
import { derChildren, derOid, derText } from './der.js';

/** Short names of attributes; others stand with their number and their value in hexadecimal. */
const shortNames: Readonly<Record<string, string>> = {
  '2.5.4.3': 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'street',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '2.5.4.12': 'title',
  '2.5.4.13': 'description',
  '2.5.4.15': 'businessCategory',
  '2.5.4.17': 'postalCode',
  '2.5.4.41': 'name',
  '2.5.4.42': 'GN',
  '2.5.4.43': 'initials',
  '2.5.4.44': 'generationQualifier',
  '2.5.4.46': 'dnQualifier',
  '2.5.4.65': 'pseudonym',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
};

const hex = (octet: number): string => `\\${octet.toString(16).toUpperCase().padStart(2, '0')}`;

function escaped(text: string): string {
  const octets = Buffer.from(text, 'utf8');
  let out = '';
  for (const [at, octet] of octets.entries()) {
    const character = String.fromCharCode(octet);
    const isEdge =
      (at === 0 && (octet === 0x20 || octet === 0x23)) || (octet === 0x20 && at === octets.length - 1);
    if (octet < 0x20 || octet >= 0x7f) out += hex(octet);
    else if (isEdge || ',+"\\<>;'.includes(character)) out += `\\${character}`;
    else out += character;
  }
  return out;
}

function attribute(node: DerNode): string {
  const [type, value] = derChildren(node.content);
  if (type === undefined || value === undefined) return '';
  const oid = derOid(type.content);
  const name = shortNames[oid];
  const text = name === undefined ? undefined : derText(value);
  return `${name ?? oid}=${text === undefined ? `#${value.whole.toString('hex').toUpperCase()}` : escaped(text)}`;
}

/** @param name a DER `Name`. Last attribute first. @throws Error when it is no DER */
export function distinguishedName(name: DerNode): string {
  let text = '';
  for (const set of derChildren(name.content)) {
    let inSet = '';
    for (const one of derChildren(set.content))
      inSet = inSet === '' ? attribute(one) : `${attribute(one)}+${inSet}`;
    text = text === '' ? inSet : `${inSet},${text}`;
  }
  return text;
}
