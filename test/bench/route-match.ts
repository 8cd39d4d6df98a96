/**
 * What one request costs in the route table, in header mutation and in the access log, in nanoseconds:
 * `node dist/test/bench/route-match.js`.
 */
import { compileFormat, defaultFormat } from '../../runtime/access-log/formatter.js';
import type { HeaderList } from '../../runtime/common/header-list.js';
import { compileRouteTable } from '../../runtime/route/compile-route-table.js';
import type { RouteRequest } from '../../runtime/route/route-table.js';
import { streamInfoOf } from '../support/stream-info.js';

const headers: HeaderList =
  `host|www.example.com|user-agent|Mozilla/5.0 (X11; Linux x86_64)|accept|text/html|accept-language|
  en|accept-encoding|gzip|cookie|session=0123456789abcdef|x-forwarded-proto|http|x-request-id|
  a5716ae6-981a-4124-88af-5d7aac05ef4c|x-version|2|cache-control|no-cache`
    .split('|')
    .map((text) => text.trim());

function request(path: string): RouteRequest {
  return { method: 'GET', scheme: 'http', authority: 'www.example.com', path, headers, random: 12345 };
}

function measure(name: string, run: () => unknown): void {
  const rounds = 200_000;
  let best = Number.POSITIVE_INFINITY;
  for (let attempt = 0; attempt < 5; attempt++) {
    const start = process.hrtime.bigint();
    for (let at = 0; at < rounds; at++) run();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / rounds);
  }
  process.stdout.write(`${name.padEnd(58)}${best.toFixed(0).padStart(7)} ns\n`);
}

const toCluster = { cluster: 'web' };

function table(routes: readonly object[], more: object = {}) {
  return compileRouteTable({
    name: 'r',
    virtual_hosts: [
      { name: 'other', domains: ['other.example.com', '*.other.example.com'], routes: [] },
      { name: 'www', domains: ['www.example.com', '*'], routes, ...more },
    ],
  });
}

function prefixes(count: number): object[] {
  return Array.from({ length: count }, (_, at) => ({
    match: { prefix: `/team-${at % 97}/service-${at}/` },
    route: toCluster,
  }));
}

const rest = { match: { prefix: '/' }, route: toCluster };

for (const count of [10, 100, 10_000]) {
  const routes = table([...prefixes(count), rest]);
  const last = count - 1;
  const hit = request(`/team-${last % 97}/service-${last}/users/17?sort=name`);
  const miss = request('/index.html?x=1');
  measure(`${count} prefixes, the last one`, () => routes.match(hit));
  measure(`${count} prefixes, none of them`, () => routes.match(miss));
}
{
  const routes = table(
    Array.from({ length: 10_000 }, (_, at) => ({ match: { path: `/page/${at}` }, route: toCluster })),
  );
  const hit = request('/page/9876?x=1');
  measure('10000 paths', () => routes.match(hit));
}
{
  const version = [{ name: 'x-version', string_match: { exact: '2' } }];
  const routes = table([{ match: { prefix: '/', headers: version }, route: toCluster }, rest]);
  const hit = request('/a/b/c');
  measure('a header matcher', () => routes.match(hit));
}
for (const regex of ['/users/[^/]+/orders', '/(a|b)+/.*']) {
  const routes = table([{ match: { safe_regex: { regex } }, route: toCluster }, rest]);
  const hit = request('/users/12345678/orders?x=1');
  measure(`regex ${regex}`, () => routes.match(hit));
}
{
  const weighted_clusters = { clusters: [1, 2, 3].map((at) => ({ name: `c${at}`, weight: at })) };
  const routes = table([{ match: { prefix: '/' }, route: { weighted_clusters } }]);
  const hit = request('/a/b/c');
  measure('three weighted clusters', () => routes.match(hit));
}

const info = streamInfoOf({ requestHeaders: headers, authority: 'www.example.com', path: '/a/b/c?d=1' });

function measureMutation(name: string, options: readonly object[], removed: readonly string[] = []): void {
  const route = table([
    { ...rest, request_headers_to_add: options, request_headers_to_remove: removed },
  ]).match(request('/'));
  const list = [...headers];
  measure(name, () => {
    route?.requestHeaders?.(list, info);
    list.length = headers.length;
  });
}
const option = (key: string, value: string, append_action = 'APPEND_IF_EXISTS_OR_ADD') => ({
  header: { key, value },
  append_action,
});
measureMutation('add two constant headers', [option('x-a', '1'), option('x-b', '2')]);
measureMutation('add %REQ(x-request-id)% and %DOWNSTREAM_REMOTE_ADDRESS%', [
  option('x-a', '%REQ(x-request-id)%'),
  option('x-b', '%DOWNSTREAM_REMOTE_ADDRESS%'),
]);
measureMutation(
  'remove one, overwrite one',
  [option('x-new', 'no', 'OVERWRITE_IF_EXISTS_OR_ADD')],
  ['x-absent'],
);

const line = compileFormat(defaultFormat);
measure('access log: the default line', () => line(info));
