/** Route tests in their three forms, and what is wrong with some. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { judgeOutcome } from '../../../compiler/route-test/judge-outcome.js';
import { matchesMetadata } from '../../../compiler/route-test/match-metadata.js';
import { readRouteTests } from '../../../compiler/route-test/read-route-tests.js';
import { parseRequestLine } from '../../../compiler/route-test/request-line.js';
import { RouteSimulator } from '../../../compiler/route-test/route-simulator.js';
import { runRouteTests } from '../../../compiler/route-test/run-route-tests.js';

const routes = RouteSimulator.ofRouteConfiguration({
  name: 'r',
  virtual_hosts: [
    {
      name: 'api',
      domains: ['api.example.com'],
      virtual_clusters: [{ name: 'users', headers: [{ name: ':path', string_match: { prefix: '/users' } }] }],
      routes: [
        { match: { path: '/old' }, redirect: { path_redirect: '/new' } },
        { match: { path: '/ping' }, direct_response: { status: 200, body: { inline_string: 'pong' } } },
        {
          match: { prefix: '/k', runtime_fraction: { runtime_key: 'key', default_value: { numerator: 0 } } },
          route: { cluster: 'keyed' },
        },
        {
          match: { prefix: '/' },
          route: { cluster: 'web', timeout: '30s' },
          request_headers_to_add: [{ header: { key: 'x-in', value: 'a' } }],
        },
      ],
    },
  ],
});

function failuresOf(value: unknown): string[] {
  const { issues, tests } = readRouteTests(value);
  assert.equal(issues, []);
  return runRouteTests(routes, tests).flatMap(({ mismatches, test: { name } }) =>
    mismatches.map(({ actual, expected, field }) => `${name}: ${field}: ${expected}, ${actual}`),
  );
}

test('request lines', () => {
  const request = parseRequestLine('POST https://[::1]:8443/a?b');
  assert.equal(
    [request.method, request.scheme, request.authority, request.port, request.path],
    ['POST', 'https', '[::1]:8443', 8443, '/a?b'],
  );
  assert.is(parseRequestLine('http://a').path, '/');
  assert.is(parseRequestLine('http://a?b').path, '/?b');
  for (const bad of ['', '/a', 'a.com/b', 'ftp://a/', 'http://a:99999/', 'http://a/ b', 'GET  ']) {
    assert.throws(() => parseRequestLine(bad), RangeError, bad);
  }
});

test('the own form, in camelCase and snake_case', () => {
  const url = 'http://api.example.com';
  const passing = {
    tests: [
      {
        request: `${url}/`,
        expect: { cluster: 'web', virtualHost: 'api', timeout: '30s', virtualCluster: 'other' },
      },
      {
        request: { url: `${url}/users` },
        expect: { virtual_cluster: 'users', request_headers: { 'X-In': 'a', 'x-no': null } },
      },
      { request: `${url}/old`, expect: { status: 301, location: `${url}/new`, cluster: null } },
      { request: 'http://other/', expect: { status: 404, virtual_host: null } },
      {
        request: { url: 'http://x/', headers: { host: 'api.example.com' } },
        expect: { cluster: 'web', host: 'api.example.com' },
      },
    ],
  };
  assert.equal(failuresOf(passing), []);
  const failing = {
    tests: [
      {
        name: 'n',
        request: `POST ${url}/`,
        expect: { cluster: 'x', timeout: '1s', requestHeaders: { 'x-in': 'b', 'x-no': 'c' }, status: 404 },
      },
    ],
  };
  assert.equal(failuresOf(failing), [
    'n: cluster: "x", "web"',
    'n: status: 404, 0',
    'n: timeout: 1s, 30s',
    'n: request header x-in: "b", "a"',
    'n: request header x-no: "c", absent',
  ]);
});

test("router_check_tool's form", () => {
  const input = (path: string, more: object = {}) => ({
    authority: 'api.example.com',
    path,
    method: 'GET',
    ...more,
  });
  const one = (path: string, validate: object, more: object = {}) => ({
    test_name: path,
    input: input(path, more),
    validate,
  });
  const passing = {
    tests: [
      one('/', {
        cluster_name: 'web',
        virtual_host_name: 'api',
        path_rewrite: '/',
        host_rewrite: 'api.example.com',
        path_redirect: '',
        timeout: '30s',
      }),
      one('/users', { virtual_cluster_name: 'users' }),
      one(
        '/old',
        { cluster_name: '', virtual_host_name: '', path_redirect: 'https://api.example.com/new' },
        { ssl: true },
      ),
      one('/ping', {
        path_redirect: 'http://api.example.com/ping',
        response_header_matches: [
          { name: 'content-length', range_match: { start: 1, end: 9 } },
          { name: 'x-none', present_match: true, invert_match: true },
        ],
      }),
      one('/k', { cluster_name: 'web' }),
      one('/k', { cluster_name: 'keyed' }, { runtime: 'key' }),
      one('/', {
        request_header_matches: [
          { name: ':cookie', invert_match: true },
          { name: 'x-in', exact_match: 'a' },
        ],
      }),
      one('/', {
        header_fields: [
          { key: ':path', value: '/' },
          { key: 'x-in', value: 'a' },
        ],
      }),
      one(
        '/',
        { cluster_name: 'web' },
        { random_value: '18446744073709551615', additional_headers: [{ key: 'A', value: 'b' }] },
      ),
    ],
  };
  const huge = passing.tests.pop();
  assert.equal(failuresOf(passing), []);
  assert.match(readRouteTests({ tests: [huge] }).issues[0]?.message ?? '', 'whole number');
  const old = [
    {
      test_name: 'o',
      input: {
        ':authority': 'api.example.com',
        ':path': '/',
        additional_headers: [{ field: 'a', value: 'b' }],
      },
      validate: { cluster_name: 'nope' },
    },
  ];
  assert.equal(failuresOf(old), ['o: cluster: "nope", "web"']);
});

test("metadata and the status of redirects in router_check_tool's form", () => {
  const matcher = { filter: 'a.b', path: [{ key: 'k' }], value: { string_match: { exact: 'v' } } };
  const metadata = RouteSimulator.ofRouteConfiguration({
    virtual_hosts: [
      {
        name: 'v',
        domains: ['*'],
        routes: [
          { match: { prefix: '/m', dynamic_metadata: [matcher] }, route: { cluster: 'meta' } },
          {
            match: { prefix: '/n', dynamic_metadata: [{ ...matcher, invert: true }] },
            route: { cluster: 'not' },
          },
          { match: { prefix: '/r' }, redirect: { path_redirect: '/s', response_code: 'FOUND' } },
          { match: { prefix: '/' }, route: { cluster: 'web' } },
        ],
      },
    ],
  });
  const one = (path: string, validate: object, dynamic_metadata?: object[]) => ({
    test_name: path,
    input: { authority: 'a', path, ...(dynamic_metadata === undefined ? {} : { dynamic_metadata }) },
    validate,
  });
  const given = (k: unknown, allow_overwrite = false) => ({
    metadata_namespace: 'a.b',
    value: { k },
    allow_overwrite,
  });
  const { issues, tests } = readRouteTests([
    one('/m', { cluster_name: 'meta' }, [given('v')]),
    one('/m', { cluster_name: 'web' }, [given('w')]),
    one('/m', { cluster_name: 'web' }),
    one('/m', { cluster_name: 'meta' }, [given('w'), given('v', true)]),
    one('/m', { cluster_name: 'meta' }, [given('v'), given('w')]),
    one('/n', { cluster_name: 'not' }, [given('w')]),
    one('/n', { cluster_name: 'web' }, [given('v')]),
    one('/r', { code_redirect: 302, path_redirect: 'http://a/s' }),
  ]);
  assert.equal(issues, []);
  assert.equal(
    runRouteTests(metadata, tests).flatMap(({ mismatches }) => mismatches),
    [],
  );
  assert.match(
    readRouteTests([one('/m', {}, {} as never)]).issues[0]?.path.join('.') ?? '',
    'dynamic_metadata',
  );
});

test('values of metadata', () => {
  const holds = (value: object, given: unknown, invert = false) =>
    matchesMetadata(
      { filter: 'f', path: [{ key: 'a' }, { key: 'b' }], value, invert },
      { f: { a: { b: given } } },
    );
  assert.ok(holds({ null_match: {} }, null));
  assert.ok(holds({ double_match: { exact: 1.5 } }, 1.5));
  assert.ok(
    holds({ double_match: { range: { start: 1, end: 2 } } }, 1) &&
      !holds({ double_match: { range: { start: 1, end: 2 } } }, 2),
  );
  assert.not.ok(holds({ double_match: { exact: 1 } }, '1'));
  assert.ok(holds({ bool_match: false }, false) && !holds({ bool_match: true }, false));
  assert.ok(holds({ present_match: true }, 0) && holds({ present_match: false }, undefined));
  assert.ok(holds({ list_match: { one_of: { string_match: { prefix: 'x' } } } }, ['a', 'xy']));
  assert.ok(
    holds({ or_match: { value_matchers: [{ bool_match: true }, { string_match: { exact: 'z' } }] } }, 'z'),
  );
  assert.ok(holds({ string_match: { exact: 'z' } }, 'y', true));
});

test('what is wrong is told with its place', () => {
  const told = (value: unknown) =>
    readRouteTests(value).issues.map(({ message, path }) => `${path.join('.')}: ${message}`);
  assert.match(told({})[0] as string, "'tests' must be a list");
  assert.match(told([])[0] as string, 'there are no route tests');
  const request = 'http://a/';
  const expect = { cluster: 'a' };
  assert.equal(told([{ request, expect: {} }]), ['0.expect: names nothing to compare']);
  assert.equal(told([{ request, expect: { clusters: 'a' } }]), [
    "0.expect.clusters: unknown field 'clusters'; did you mean 'cluster'?",
  ]);
  assert.match(
    told({ tests: [{ request: '/a', expect }] })[0] as string,
    "tests.0.request: '/a' is not of the form",
  );
  assert.match(told([{ request: {}, expect }])[0] as string, "0.request: needs a 'url'");
  assert.match(
    told([{ request: { url: request, headers: { a: {} } }, expect }])[0] as string,
    '0.request.headers.a: must be a text',
  );
  assert.match(
    told([{ request, expect: { timeout: '1 day' } }])[0] as string,
    "0.expect.timeout: '1 day' is not a duration",
  );
  assert.match(told([{ request, expect: { status: 1000 } }])[0] as string, 'from 0 to 599');
  assert.match(told(['x'])[0] as string, '0: must be an object');
  assert.match(told([{ input: { path: '/' }, validate: {} }])[0] as string, "0.input: needs 'authority'");
  assert.match(
    told([
      { input: { authority: 'a', path: '/' }, validate: { response_header_matches: [{}] } },
    ])[0] as string,
    '0.validate.response_header_matches.0.name',
  );
});

test('an unknown outcome fails whatever is expected', () => {
  const [one] = readRouteTests([{ request: 'http://a/', expect: { cluster: 'a' } }]).tests;
  assert.ok(one);
  const outcome = RouteSimulator.ofBootstrap({}).simulate(one.request);
  assert.match(judgeOutcome(one, outcome)[0]?.actual ?? '', 'no static listener');
});

test.run();
