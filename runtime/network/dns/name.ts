/** Domain names between presentation form and labels. */

import { DnsFormatError } from './message.js';

/**
 * Splits a name into its labels, as latin1 strings of raw octets. One final dot is allowed.
 *
 * @throws DnsFormatError for an empty label, a label over 63 octets or a name over 255 octets.
 */
export function nameToLabels(name: string): string[] {
  if (name === '' || name === '.') return [];
  const labels: string[] = [];
  let label = '';
  const end = (): void => {
    if (label === '') throw new DnsFormatError(`empty label in "${name}"`);
    if (label.length > 63) throw new DnsFormatError(`label over 63 octets in "${name}"`);
    labels.push(label);
    label = '';
  };
  if (name.includes('\\')) {
    for (let at = 0; at < name.length; at++) {
      const char = name[at]!;
      if (char === '.') {
        end();
      } else if (char === '\\') {
        const digits = /^\d{3}/.exec(name.slice(at + 1, at + 4))?.[0];
        if (digits !== undefined && Number(digits) < 256) {
          label += String.fromCharCode(Number(digits));
          at += 3;
        } else {
          label += name[++at] ?? '';
        }
      } else {
        label += char;
      }
    }
    if (label !== '') end();
  } else {
    for (label of name.endsWith('.') ? name.slice(0, -1).split('.') : name.split('.')) end();
  }
  let size = 1;
  for (const one of labels) {
    size += one.length + 1;
    for (let at = 0; at < one.length; at++) {
      if (one.charCodeAt(at) > 255) throw new DnsFormatError(`character outside of octets in "${name}"`);
    }
  }
  if (size > 255) throw new DnsFormatError(`name over 255 octets: "${name.slice(0, 40)}..."`);
  return labels;
}

/** The presentation form of a label given as a latin1 string of raw octets. */
export function labelText(label: string): string {
  if (/^[!-[\]-~]*$/.test(label) && !label.includes('.')) return label;
  let text = '';
  for (const char of label) {
    const code = char.charCodeAt(0);
    if (char === '.' || char === '\\') text += `\\${char}`;
    else if (code > 32 && code < 127) text += char;
    else text += `\\${String(code).padStart(3, '0')}`;
  }
  return text;
}

/** Equality of names: ASCII letters without case, one final dot ignored. */
export function sameName(one: string, other: string): boolean {
  return canonicalName(one) === canonicalName(other);
}

/** The form to compare names by: lower case, no final dot. */
export function canonicalName(name: string): string {
  const lower = name.toLowerCase();
  return lower.endsWith('.') && !lower.endsWith('\\.') ? lower.slice(0, -1) : lower;
}
