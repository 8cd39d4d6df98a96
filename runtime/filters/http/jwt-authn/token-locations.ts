/**
 * Where tokens of a request are looked for: headers, parameters of the query, cookies (RFC 6750, and what providers name).
 */
import { cookieValue } from '../../../common/cookies.js';
import { removeHeader } from '../../../common/header-list.js';
import type { Fields } from '../../../common/message-fields.js';
import { messagesOf, textOf } from '../../../common/message-fields.js';
import type { RequestHead } from '../../../http/codec.js';
import { queryParameter, withoutQueryParameter } from '../../../common/query-parameters.js';

export interface LocatedToken {
  readonly text: string;
  /** Whether a provider of that issuer looks for tokens there. */
  isIssuerAllowed(issuer: string): boolean;
  /** Takes the token out of the request. Cookies stay, as in Envoy. */
  remove(head: RequestHead): void;
}

export interface TokenLocations {
  /** In the order in which they are to be checked. */
  find(head: RequestHead): LocatedToken[];
  /** Headers that only the filter may set are removed from what the client has sent. */
  sanitize(head: RequestHead): void;
}

/** Issuers by what they look for; a provider without an issuer takes all. */
class Issuers {
  private readonly names = new Set<string>();

  add(issuer: string): void {
    this.names.add(issuer);
  }

  readonly allows = (issuer: string): boolean => this.names.has('') || this.names.has(issuer);
}

interface HeaderLocation {
  readonly name: string;
  readonly prefix: string;
  readonly issuers: Issuers;
}

/** After the prefix, which may stand anywhere, from the first letter of a token on. */
function tokenAfter(value: string, prefix: string): string | undefined {
  const at = value.indexOf(prefix);
  if (at < 0) return undefined;
  const from = at + prefix.length;
  const start = value.slice(from).search(/[A-Za-z0-9_.-]/);
  return start < 0 ? value : value.slice(from + start);
}

function valuesOf(headers: readonly string[], name: string): string[] {
  return headers.filter((_value, at) => at % 2 === 1 && headers[at - 1] === name);
}

const texts = (value: unknown): string[] => (Array.isArray(value) ? value.map((one) => textOf(one)) : []);

/** By name, so that Envoy's order is met. */
const sorted = <T>(map: ReadonlyMap<string, T>): [string, T][] =>
  [...map].sort(([one], [other]) => (one < other ? -1 : 1));

/** @param providers messages `JwtProvider` */
export function compileTokenLocations(providers: readonly Fields[]): TokenLocations {
  const headers = new Map<string, HeaderLocation>();
  const parameters = new Map<string, Issuers>();
  const cookies = new Map<string, Issuers>();
  const own: string[] = [];
  const addHeader = (issuer: string, name: string, prefix: string): void => {
    const found = headers.get(name + prefix) ?? { name, prefix, issuers: new Issuers() };
    headers.set(name + prefix, found);
    found.issuers.add(issuer);
  };
  const add = (map: Map<string, Issuers>, name: string, issuer: string): void => {
    const issuers = map.get(name) ?? new Issuers();
    map.set(name, issuers);
    issuers.add(issuer);
  };
  for (const provider of providers) {
    const issuer = textOf(provider.issuer);
    const fromHeaders = messagesOf(provider.from_headers);
    const fromParameters = texts(provider.from_params);
    const fromCookies = texts(provider.from_cookies);
    for (const { name, value_prefix } of fromHeaders) {
      addHeader(issuer, textOf(name).toLowerCase(), textOf(value_prefix));
    }
    for (const name of fromParameters) add(parameters, name, issuer);
    for (const name of fromCookies) add(cookies, name, issuer);
    if (fromHeaders.length + fromParameters.length + fromCookies.length === 0) {
      addHeader(issuer, 'authorization', 'Bearer ');
      add(parameters, 'access_token', issuer);
    }
    const forwarded = textOf(provider.forward_payload_header).toLowerCase();
    if (forwarded !== '') own.push(forwarded);
    for (const { header_name } of messagesOf(provider.claim_to_headers)) {
      own.push(textOf(header_name).toLowerCase());
    }
  }
  const headerLocations = sorted(headers).map(([, location]) => location);
  const parameterLocations = sorted(parameters);
  const cookieLocations = sorted(cookies);

  return {
    find(head) {
      const found: LocatedToken[] = [];
      for (const { issuers, name, prefix } of headerLocations) {
        for (const value of valuesOf(head.headers, name)) {
          const text = prefix === '' ? value : tokenAfter(value, prefix);
          if (text === undefined) continue;
          found.push({
            text,
            isIssuerAllowed: issuers.allows,
            remove: (from) => removeHeader(from.headers, name),
          });
        }
      }
      for (const [name, issuers] of parameterLocations) {
        const text = queryParameter(head.path, name);
        if (text === undefined) continue;
        found.push({
          text,
          isIssuerAllowed: issuers.allows,
          remove(from) {
            from.path = withoutQueryParameter(from.path, name);
          },
        });
      }
      for (const [name, issuers] of cookieLocations) {
        const text = cookieValue(head.headers, name);
        if (text !== '') found.push({ text, isIssuerAllowed: issuers.allows, remove: () => undefined });
      }
      // Envoy takes them from the end of its list.
      return found.reverse();
    },
    sanitize(head) {
      for (const name of own) removeHeader(head.headers, name);
    },
  };
}
