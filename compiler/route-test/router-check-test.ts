/**
 * A test in the form of Envoy's router_check_tool, in both of its ages: `input`, `validate`.
 */
import type { PathStep } from '../../dsl/api/index.js';
import { readMessage } from '../../dsl/api/index.js';
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
import { noRequest } from './request-line.js';
import type { RouteExpectation, RouteTest, RouteTestRequest } from './route-test.js';

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

/** @throws Refusal */
export function routerCheckTest(value: Fields): Omit<RouteTest, 'path'> {
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
