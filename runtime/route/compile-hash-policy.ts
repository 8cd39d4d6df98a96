/**
 * `hash_policy` of a route: what of a request says which host it belongs to (`RouteAction.HashPolicy`). The hashes are Envoy's,
 * so that a key has the same host behind either.
 */
import { cookieValue } from '../common/cookies.js';
import type { Fields } from '../common/message-fields.js';
import { durationOf, messageOf, messagesOf, textOf } from '../common/message-fields.js';
import { toOctets } from '../common/octet-text.js';
import { xxHash64 } from '../common/xx-hash-64.js';
import { ConfigError } from '../network/filter.js';
import { under } from '../network/config-path.js';
import { pseudoHeader } from './compile-header-matcher.js';
import { compileRegexRewrite } from './compile-regex.js';
import { queryValue } from './query-value.js';
import type { HashedRequest, HashPolicy } from './route-table.js';

/** @returns what is hashed, or its hash; undefined: the request has nothing of the kind */
type Part = (request: HashedRequest) => bigint | undefined;

function compileHeader(config: Fields): Part {
  const name = toOctets(textOf(config.header_name)).toLowerCase();
  const rewrite =
    config.regex_rewrite === undefined
      ? (value: string) => value
      : under(() => compileRegexRewrite(config.regex_rewrite), 'regex_rewrite');
  if (name.startsWith(':') || name === 'host') {
    return (request) => {
      const value = pseudoHeader(request, name);
      return value === undefined ? undefined : xxHash64(rewrite(value));
    };
  }
  return ({ headers }) => {
    const values: string[] = [];
    for (let at = 0; at < headers.length; at += 2) {
      if (headers[at] === name) values.push(rewrite(headers[at + 1] as string));
    }
    if (values.length === 0) return undefined;
    // Their order does not count; each is hashed with the hash of those before it for a seed.
    return values.sort().reduce((hash, value) => xxHash64(value, hash), 0n);
  };
}

function compileCookie(config: Fields): Part {
  const name = toOctets(textOf(config.name));
  const path = toOctets(textOf(config.path));
  const ttlSeconds = config.ttl === undefined ? undefined : Math.floor(durationOf(config.ttl, 0) / 1000);
  const attributes = messagesOf(config.attributes)
    .map((one) => ({ name: toOctets(textOf(one.name)), value: toOctets(textOf(one.value)) }))
    .map((one) => (one.value === '' ? `; ${one.name}` : `; ${one.name}=${one.value}`))
    .join('');
  const age = ttlSeconds === undefined || ttlSeconds === 0 ? '' : `; Max-Age=${ttlSeconds}`;
  const rest = `${age}${path === '' ? '' : `; Path=${path}`}${attributes}; HttpOnly`;
  return (request) => {
    const value = cookieValue(request.headers, name);
    if (value !== '') return xxHash64(value);
    if (ttlSeconds === undefined) return undefined;
    const made = request.connectionHash();
    request.addSetCookie(`${name}="${made}"${rest}`);
    return xxHash64(made);
  };
}

/** `ip:port`, `[ip]:port`. */
function ipOf(address: string): string {
  if (address.startsWith('[')) return address.slice(1, address.indexOf(']'));
  const colon = address.lastIndexOf(':');
  return colon < 0 ? '' : address.slice(0, colon);
}

function compilePart(policy: Fields): Part | undefined {
  if (policy.header !== undefined) return under(() => compileHeader(messageOf(policy.header)), 'header');
  if (policy.cookie !== undefined) return compileCookie(messageOf(policy.cookie));
  if (policy.connection_properties !== undefined) {
    if (messageOf(policy.connection_properties).source_ip !== true) return undefined;
    return ({ downstreamRemoteAddress = '' }) => {
      const ip = ipOf(downstreamRemoteAddress);
      return ip === '' ? undefined : xxHash64(ip);
    };
  }
  if (policy.query_parameter !== undefined) {
    const name = toOctets(textOf(messageOf(policy.query_parameter).name));
    return ({ path }) => {
      const value = queryValue(path, name);
      return value === undefined ? undefined : xxHash64(value);
    };
  }
  throw new ConfigError('this kind of hash policy needs real Envoy', [], true);
}

/**
 * @param config the list of policies
 * @returns undefined when there is none. @throws ConfigError with the path from the list on
 */
export function compileHashPolicy(config: unknown): HashPolicy | undefined {
  const parts = messagesOf(config).flatMap((policy, index) => {
    const hash = under(() => compilePart(policy), index);
    return hash === undefined ? [] : [{ hash, isTerminal: policy.terminal === true }];
  });
  if (messagesOf(config).length === 0) return undefined;
  return (request) => {
    let hash: bigint | undefined;
    for (const part of parts) {
      const found = part.hash(request);
      if (found !== undefined) {
        // Turned by a bit, so that two equal parts do not cancel each other out.
        const turned = hash === undefined ? 0n : BigInt.asUintN(64, (hash << 1n) | (hash >> 63n));
        hash = turned ^ found;
      }
      if (part.isTerminal && hash !== undefined) break;
    }
    return hash;
  };
}
