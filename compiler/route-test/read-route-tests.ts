/**
 * Route tests as data -> `RouteTest`s. Two forms are told apart by their keys: the one of `defineRouteTests`
 * (`request`, `expect`), and that of Envoy's router_check_tool (`input`, `validate`), in both of its ages.
 */
import type { Path, PathStep } from '../../dsl/api/index.js';
import { durationMs, nearName, readMessage } from '../../dsl/api/index.js';
import type { DurationInput } from '../../dsl/index.js';
import { duration } from '../../dsl/index.js';
import type { ExpectedHeaders, RouteExpectation, RouteTest, RouteTestRequest } from './route-test.js';

type Fields = Readonly<Record<string, unknown>>;

export interface RouteTestIssue {
  readonly path: Path;
  readonly message: string;
}

export interface ReadRouteTests {
  /** Path of the configuration, relative to the file of the tests; undefined when the file names none. */
  readonly config?: string;
  readonly tests: readonly RouteTest[];
  readonly issues: readonly RouteTestIssue[];
}

class Refusal extends Error {
  readonly steps: Path;
  constructor(message: string, ...steps: PathStep[]) {
    super(message);
    this.steps = steps;
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Keys of TypeScript and of YAML: `virtualHost`, `virtual_host`. */
function camelKeys(value: Fields): Fields {
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [
      key.replace(/_([a-z])/g, (_all, letter: string) => letter.toUpperCase()),
      member,
    ]),
  );
}

function objectAt(value: unknown, ...steps: PathStep[]): Fields {
  if (!isObject(value)) throw new Refusal('must be an object', ...steps);
  return value;
}

function refuseOthers(value: Fields, allowed: readonly string[], ...steps: PathStep[]): void {
  for (const key of Object.keys(value)) {
    if (allowed.includes(key)) continue;
    const near = nearName(key, [...allowed]);
    const hint = near === undefined ? `there are ${allowed.join(', ')}` : `did you mean '${near}'?`;
    throw new Refusal(`unknown field '${key}'; ${hint}`, ...steps, key);
  }
}

function textAt(value: unknown, ...steps: PathStep[]): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') throw new Refusal('must be a text', ...steps);
  return value;
}

function wholeAt(value: unknown, max: number, ...steps: PathStep[]): number | undefined {
  if (value === undefined) return undefined;
  const number = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  if (typeof number !== 'number' || !Number.isInteger(number) || number < 0 || number > max) {
    throw new Refusal(`must be a whole number from 0 to ${max}`, ...steps);
  }
  return number;
}

function booleanAt(value: unknown, ...steps: PathStep[]): boolean {
  if (value === undefined) return false;
  if (typeof value !== 'boolean') throw new Refusal('must be true or false', ...steps);
  return value;
}

/** 64-bit numbers come as texts; only what chooses among weights is left of them. */
function randomAt(value: unknown, ...steps: PathStep[]): number {
  return wholeAt(value, Number.MAX_SAFE_INTEGER, ...steps) ?? 0;
}

const noRequest: Omit<RouteTestRequest, 'method' | 'scheme' | 'authority' | 'path'> = {
  headers: [],
  random: 0,
  internal: false,
  runtime: undefined,
  dynamicMetadata: undefined,
  listener: undefined,
  port: undefined,
  serverName: undefined,
  sourceAddress: '203.0.113.1',
  alpn: ['http/1.1'],
};

/**
 * `GET https://example.com:8443/a?b`, or the URL alone.
 * @throws RangeError when it is none
 */
export function parseRequestLine(text: string): RouteTestRequest {
  const match =
    /^(?:([A-Z][A-Z-]*)\s+)?(https?):\/\/((?:\[[0-9a-f:.]+\]|[^/?#:@\s]+)(?::(\d{1,5}))?)([/?][^\s#]*)?$/i.exec(
      text,
    );
  if (match === null) {
    throw new RangeError(`'${text}' is not of the form 'GET http://host/path'`);
  }
  const [, method = 'GET', scheme = '', authority = '', port, path = '/'] = match;
  if (port !== undefined && Number(port) > 65_535) throw new RangeError(`${port} is not a port`);
  return {
    ...noRequest,
    method: method.toUpperCase(),
    scheme: scheme.toLowerCase() as 'http' | 'https',
    authority,
    path: path.startsWith('?') ? `/${path}` : path,
    port: port === undefined ? undefined : Number(port),
  };
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

function durationAt(value: unknown, field: string): number | undefined {
  if (value === undefined) return undefined;
  try {
    return durationMs(duration(value as DurationInput));
  } catch (error) {
    throw new Refusal((error as Error).message, 'expect', field);
  }
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

function ownTest(value: Fields): Omit<RouteTest, 'path'> {
  refuseOthers(value, ['name', 'request', 'expect']);
  const request = requestAt(value.request);
  const line = `${request.method} ${request.scheme}://${request.authority}${request.path}`;
  const name = textAt(value.name, 'name') ?? line;
  return { name, request, expect: expectationAt(value.expect), asRouterCheck: false };
}

/** `{key, value}`, `{field, value}` in files of before 2019. */
function pairsAt(value: unknown, ...steps: PathStep[]): (readonly [string, string])[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new Refusal('must be a list', ...steps);
  return value.map((one: unknown, index) => {
    const pair = objectAt(one, ...steps, index);
    const name = textAt(pair.key ?? pair.field, ...steps, index, 'key');
    if (name === undefined) throw new Refusal("needs a 'key'", ...steps, index);
    return [name.toLowerCase(), textAt(pair.value, ...steps, index, 'value') ?? ''] as const;
  });
}

function matchersAt(value: unknown, field: string): Readonly<Record<string, unknown>>[] | undefined {
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw new Refusal('must be a list', 'validate', field);
  return value.map((one: unknown, index) => {
    const { value: matcher, issues } = readMessage('envoy.config.route.v3.HeaderMatcher', one);
    const [issue] = issues;
    if (issue !== undefined) throw new Refusal(issue.message, 'validate', field, index, ...issue.path);
    return matcher as Fields;
  });
}

/** Values of `validate` with the field that they are compared with. */
const validated: Readonly<Record<string, keyof RouteExpectation>> = {
  cluster_name: 'cluster',
  virtual_cluster_name: 'virtualCluster',
  virtual_host_name: 'virtualHost',
  path_rewrite: 'path',
  host_rewrite: 'host',
  path_redirect: 'location',
};

function validationAt(value: unknown): RouteExpectation {
  const given = objectAt(value, 'validate');
  const others = [
    'header_fields',
    'custom_header_fields',
    'request_header_matches',
    'response_header_matches',
    'timeout',
    'code_redirect',
  ];
  refuseOthers(given, [...Object.keys(validated), ...others], 'validate');
  const texts = Object.fromEntries(
    Object.entries(validated).flatMap(([field, ours]) => {
      const text = textAt(given[field], 'validate', field);
      return text === undefined ? [] : [[ours, text]];
    }),
  );
  const headers = [
    ...pairsAt(given.header_fields, 'validate', 'header_fields'),
    ...pairsAt(given.custom_header_fields, 'validate', 'custom_header_fields'),
  ];
  const pseudo: Readonly<Record<string, keyof RouteExpectation>> = {
    ':path': 'path',
    ':authority': 'host',
    host: 'host',
  };
  const ofHeaders = headers.filter(([name]) => !(name in pseudo));
  const requestHeaderMatches = matchersAt(given.request_header_matches, 'request_header_matches');
  const responseHeaderMatches = matchersAt(given.response_header_matches, 'response_header_matches');
  const timeoutMs = durationAt(given.timeout, 'timeout');
  const status = wholeAt(given.code_redirect, 599, 'validate', 'code_redirect');
  return {
    ...texts,
    ...(status === undefined ? {} : { status }),
    ...Object.fromEntries(headers.flatMap(([name, text]) => (name in pseudo ? [[pseudo[name], text]] : []))),
    ...(ofHeaders.length === 0 ? {} : { requestHeaders: Object.fromEntries(ofHeaders) }),
    ...(requestHeaderMatches === undefined ? {} : { requestHeaderMatches }),
    ...(responseHeaderMatches === undefined ? {} : { responseHeaderMatches }),
    ...(timeoutMs === undefined ? {} : { timeoutMs }),
  };
}

/** The first value of a namespace stays, unless a later one may overwrite it. */
function metadataAt(value: unknown): Readonly<Record<string, unknown>> {
  const found: Record<string, unknown> = {};
  if (value === undefined) return found;
  if (!Array.isArray(value)) throw new Refusal('must be a list', 'input', 'dynamic_metadata');
  for (const [index, one] of value.entries()) {
    const entry = objectAt(one, 'input', 'dynamic_metadata', index);
    const name =
      textAt(entry.metadata_namespace, 'input', 'dynamic_metadata', index, 'metadata_namespace') ?? '';
    if (name in found && entry.allow_overwrite !== true) continue;
    found[name] = entry.value ?? {};
  }
  return found;
}

function routerCheckTest(value: Fields): Omit<RouteTest, 'path'> {
  refuseOthers(value, ['test_name', 'input', 'validate']);
  const input = objectAt(value.input, 'input');
  const known = [
    'authority',
    'path',
    'method',
    'random_value',
    'ssl',
    'internal',
    'additional_headers',
    'runtime',
    'dynamic_metadata',
  ];
  refuseOthers(
    input,
    [...known, ':authority', ':path', ':method', 'additional_request_headers', 'additional_response_headers'],
    'input',
  );
  const required = (field: string): string => {
    const text = textAt(input[field] ?? input[`:${field}`], 'input', field);
    if (text === undefined || text === '') throw new Refusal(`needs '${field}'`, 'input');
    return text;
  };
  const scheme = booleanAt(input.ssl, 'input', 'ssl') ? 'https' : 'http';
  const request: RouteTestRequest = {
    ...noRequest,
    method: textAt(input.method ?? input[':method'], 'input', 'method') ?? 'GET',
    scheme,
    authority: required('authority'),
    path: required('path'),
    headers: [
      ...pairsAt(input.additional_headers, 'input', 'additional_headers'),
      ...pairsAt(input.additional_request_headers, 'input', 'additional_request_headers'),
    ],
    random: randomAt(input.random_value, 'input', 'random_value'),
    internal: booleanAt(input.internal, 'input', 'internal'),
    runtime: textAt(input.runtime, 'input', 'runtime'),
    dynamicMetadata: metadataAt(input.dynamic_metadata),
    // The tool's own client.
    sourceAddress: '127.0.0.1',
  };
  const name = textAt(value.test_name, 'test_name') ?? '';
  return { name, request, expect: validationAt(value.validate), asRouterCheck: true };
}

/** @param value of the file: a list of tests, or an object with `tests` */
export function readRouteTests(value: unknown): ReadRouteTests {
  const issues: RouteTestIssue[] = [];
  const file = isObject(value) ? value : { tests: value };
  const base: Path = isObject(value) ? ['tests'] : [];
  if (!Array.isArray(file.tests)) {
    const message = "there are no route tests: 'tests' must be a list";
    return { tests: [], issues: [{ path: [], message }] };
  }
  if (file.tests.length === 0) issues.push({ path: base, message: 'there are no route tests' });
  if (file.config !== undefined && typeof file.config !== 'string') {
    issues.push({ path: ['config'], message: 'must be the path of a configuration' });
  }
  const tests = file.tests.flatMap((one: unknown, index): RouteTest[] => {
    const path: Path = [...base, index];
    try {
      const given = objectAt(one);
      const test = 'input' in given || 'validate' in given ? routerCheckTest(given) : ownTest(given);
      return [{ ...test, path }];
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      issues.push({ path: [...path, ...error.steps], message: error.message });
      return [];
    }
  });
  const config = typeof file.config === 'string' ? { config: file.config } : {};
  return { ...config, tests, issues };
}
