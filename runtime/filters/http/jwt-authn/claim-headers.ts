/**
 * What goes of a token into the request: single claims, as texts that a header can have.
 */
import type { HeaderList } from '../../../common/header-list.js';
import { joinToHeader, requestInlineHeaders } from '../../../common/inline-headers.js';
import { messagesOf, textOf } from '../../../common/message-fields.js';
import { toOctets } from '../../../common/octet-text.js';
import type { JsonObject } from './jwt.js';

export interface ClaimHeader {
  readonly header: string;
  /** Names of objects inside one another. */
  readonly path: readonly string[];
}

/** @param given messages `JwtClaimToHeader` */
export function compileClaimHeaders(given: unknown): ClaimHeader[] {
  return messagesOf(given).map(({ claim_name, claim_path, header_name }) => {
    const path = messagesOf(claim_path).map(({ key }) => textOf(key));
    return {
      header: textOf(header_name).toLowerCase(),
      path: path.length > 0 ? path : textOf(claim_name).split('.'),
    };
  });
}

function claimAt(payload: JsonObject, path: readonly string[]): unknown {
  let value: unknown = payload;
  for (const name of path) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    value = Object.hasOwn(value, name) ? (value as JsonObject)[name] : undefined;
  }
  return value;
}

/** Keys in the order of their names: Envoy's is that of a hash. */
function sortedJson(value: unknown): string {
  return JSON.stringify(value, (_key, one: unknown) =>
    typeof one === 'object' && one !== null && !Array.isArray(one)
      ? Object.fromEntries(Object.entries(one).sort(([a], [b]) => (a < b ? -1 : 1)))
      : one,
  );
}

/** `''`: no header. */
function claimText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (typeof value === 'boolean') return String(value);
  if (typeof value === 'number') {
    return Number.isInteger(value) && value >= 0 && value < 2 ** 64
      ? BigInt(value).toString()
      : value.toFixed(6);
  }
  if (typeof value === 'object' && value !== null) return Buffer.from(sortedJson(value)).toString('base64');
  return '';
}

/** A header of the request; what is joined by commas is joined. */
export function addRequestHeader(headers: HeaderList, name: string, value: string): void {
  if (requestInlineHeaders.has(name)) joinToHeader(headers, name, value);
  else headers.push(name, value);
}

/** A text that no header may have is left out, as it could be read as more than one. @returns whether there is a new one */
export function addClaimHeaders(
  headers: HeaderList,
  payload: JsonObject,
  claims: readonly ClaimHeader[],
): boolean {
  let isAdded = false;
  for (const { header, path } of claims) {
    const text = toOctets(claimText(claimAt(payload, path)));
    if (text === '' || /[\0\r\n]/.test(text)) continue;
    addRequestHeader(headers, header, text);
    isAdded = true;
  }
  return isAdded;
}
