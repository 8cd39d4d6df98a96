/**
 * A test in the form of `defineRouteTests`: `request`, `expect`.
 */
import type { PathStep } from '../../dsl/api/index.js';
import type { Fields } from './checked-fields.js';
import {
  booleanAt,
  durationAt,
  objectAt,
  randomAt,
  Refusal,
  refuseOthers,
  textAt,
  wholeAt,
} from './checked-fields.js';
import { noRequest, parseRequestLine } from './request-line.js';
import type { ExpectedHeaders, RouteExpectation, RouteTest, RouteTestRequest } from './route-test.js';

/** Keys of TypeScript and of YAML: `virtualHost`, `virtual_host`. */
function camelKeys(value: Fields): Fields {
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase()),
      member,
    ]),
  );
}

function requestLineAt(text: string, ...steps: PathStep[]): RouteTestRequest {
  try {
    return parseRequestLine(text);
  } catch (error) {
    throw new Refusal((error as Error).message, ...steps);
  }
}

function headersAt(value: unknown, ...steps: PathStep[]): (readonly [string, string])[] {
  return Object.entries(objectAt(value ?? {}, ...steps)).flatMap(([name, given]) =>
    (Array.isArray(given) ? given : [given]).map((one: unknown) => {
      if (typeof one !== 'string' && typeof one !== 'number' && typeof one !== 'boolean') {
        throw new Refusal('must be a text', ...steps, name);
      }
      return [name.toLowerCase(), String(one)] as const;
    }),
  );
}

function requestAt(value: unknown): RouteTestRequest {
  if (typeof value === 'string') return requestLineAt(value, 'request');
  const given = camelKeys(objectAt(value, 'request'));
  refuseOthers(
    given,
    ['url', 'method', 'headers', 'random', 'internal', 'listener', 'serverName', 'sourceAddress', 'alpn'],
    'request',
  );
  const url = textAt(given.url, 'request', 'url');
  if (url === undefined) throw new Refusal("needs a 'url'", 'request');
  const line = requestLineAt(url, 'request', 'url');
  const headers = headersAt(given.headers, 'request', 'headers');
  const host = headers.find(([name]) => name === 'host')?.[1];
  const alpn = given.alpn ?? noRequest.alpn;
  if (!Array.isArray(alpn)) throw new Refusal('must be a list', 'request', 'alpn');
  return {
    ...line,
    method: textAt(given.method, 'request', 'method') ?? line.method,
    authority: host ?? line.authority,
    headers: headers.filter(([name]) => name !== 'host'),
    random: randomAt(given.random, 'request', 'random'),
    internal: booleanAt(given.internal, 'request', 'internal'),
    listener: textAt(given.listener, 'request', 'listener'),
    serverName: textAt(given.serverName, 'request', 'serverName'),
    sourceAddress: textAt(given.sourceAddress, 'request', 'sourceAddress') ?? noRequest.sourceAddress,
    alpn: alpn.map(String),
  };
}

function expectedHeadersAt(value: unknown, field: string): ExpectedHeaders | undefined {
  if (value === undefined) return undefined;
  return Object.fromEntries(
    Object.entries(objectAt(value, 'expect', field)).map(([name, wanted]) => {
      if (typeof wanted === 'object' && wanted !== null) {
        throw new Refusal('must be a text, or null for a header that must be absent', 'expect', field, name);
      }
      return [name.toLowerCase(), wanted === null ? null : String(wanted)];
    }),
  );
}

const textFields = [
  'listener',
  'filterChain',
  'virtualHost',
  'virtualCluster',
  'route',
  'cluster',
  'path',
  'host',
] as const;

function expectationAt(value: unknown): RouteExpectation {
  const given = camelKeys(objectAt(value, 'expect'));
  const allowed = [
    ...textFields,
    ...['status', 'location', 'body', 'timeout', 'idleTimeout', 'requestHeaders', 'responseHeaders'],
  ];
  refuseOthers(given, allowed, 'expect');
  if (Object.keys(given).length === 0) throw new Refusal('names nothing to compare', 'expect');
  const texts = Object.fromEntries(
    [...textFields, 'location', 'body'].flatMap((field) => {
      const text = given[field] === null ? '' : textAt(given[field], 'expect', field);
      return text === undefined ? [] : [[field, text]];
    }),
  );
  const status = wholeAt(given.status, 599, 'expect', 'status');
  const timeoutMs = durationAt(given.timeout, 'timeout');
  const idleTimeoutMs = durationAt(given.idleTimeout, 'idleTimeout');
  const requestHeaders = expectedHeadersAt(given.requestHeaders, 'requestHeaders');
  const responseHeaders = expectedHeadersAt(given.responseHeaders, 'responseHeaders');
  return {
    ...texts,
    ...(status === undefined ? {} : { status }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
    ...(idleTimeoutMs === undefined ? {} : { idleTimeoutMs }),
    ...(requestHeaders === undefined ? {} : { requestHeaders }),
    ...(responseHeaders === undefined ? {} : { responseHeaders }),
  };
}

/** @throws Refusal */
export function ownTest(value: Fields): Omit<RouteTest, 'path'> {
  refuseOthers(value, ['name', 'request', 'expect']);
  const request = requestAt(value.request);
  const line = `${request.method} ${request.scheme}://${request.authority}${request.path}`;
  const name = textAt(value.name, 'name') ?? line;
  return { name, request, expect: expectationAt(value.expect), asRouterCheck: false };
}
