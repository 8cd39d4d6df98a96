/** Locations as measured on Envoy 1.40. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileRedirect } from '../../../runtime/route/compile-redirect.js';
import { compileRouteMatch } from '../../../runtime/route/compile-route-match.js';
import { routeRequest } from '../../support/route-request.js';

function location(
  action: object,
  path = '/rd/x/a?q=1',
  authority = 'h.example:8080',
  headers: string[] = [],
): string {
  const match = compileRouteMatch({ prefix: '/rd/' });
  const scheme = headers[0]?.endsWith('https') === true ? 'https' : 'http';
  const request = routeRequest(path, headers, { authority, scheme });
  return compileRedirect(action as Record<string, unknown>, match).location(request);
}

const regex = (pattern: string, substitution: string) => ({
  regex_rewrite: { pattern: { regex: pattern }, substitution },
});

const table: [object, string][] = [
  [{}, 'http://h.example:8080/rd/x/a?q=1'],
  [{ https_redirect: true }, 'https://h.example:8080/rd/x/a?q=1'],
  [{ scheme_redirect: 'ftp' }, 'ftp://h.example:8080/rd/x/a?q=1'],
  [{ host_redirect: 'n.example' }, 'http://n.example/rd/x/a?q=1'],
  [{ port_redirect: 8443 }, 'http://h.example:8443/rd/x/a?q=1'],
  [{ host_redirect: 'n', port_redirect: 8443 }, 'http://n:8443/rd/x/a?q=1'],
  [{ path_redirect: '/new' }, 'http://h.example:8080/new?q=1'],
  [{ path_redirect: 'new' }, 'http://h.example:8080/new?q=1'],
  [{ path_redirect: '/new?a=b' }, 'http://h.example:8080/new?a=b'],
  [{ path_redirect: '/new', strip_query: true }, 'http://h.example:8080/new'],
  [{ path_redirect: '/new?a=b', strip_query: true }, 'http://h.example:8080/new?a=b'],
  [{ strip_query: true }, 'http://h.example:8080/rd/x/a'],
  [{ prefix_rewrite: '/pp' }, 'http://h.example:8080/ppx/a?q=1'],
  [{ prefix_rewrite: '/p', strip_query: true }, 'http://h.example:8080/px/a'],
  [regex('^/rd/([^/]+)', '/\\1\\1/\\0$1&\\\\'), 'http://h.example:8080/xx//rd/x$1&\\/a?q=1'],
  [regex('x*', '-'), 'http://h.example:8080/-/-r-d-/-/-a-?q=1'],
  [regex('r', '\\1'), 'http://h.example:8080/rd/x/a?q=1'],
  [regex('(r)(d)', '\\2\\x\\1'), 'http://h.example:8080/d/x/a?q=1'],
  [
    { https_redirect: true, host_redirect: 'n.example', port_redirect: 444, path_redirect: '/z' },
    'https://n.example:444/z?q=1',
  ],
];

for (const [action, expected] of table) {
  test(`${JSON.stringify(action)} -> ${expected}`, () => assert.is(location(action), expected));
}

test('the own port of the old scheme goes with it', () => {
  const https = { https_redirect: true };
  assert.is(location(https, '/rd/', 'h:80'), 'https://h/rd/');
  assert.is(location(https, '/rd/', '[::1]:80'), 'https://[::1]/rd/');
  assert.is(location(https, '/rd/', '[::1]'), 'https://[::1]/rd/');
  assert.is(
    location({ scheme_redirect: 'http' }, '/rd/', 'h:443', ['x-forwarded-proto: https']),
    'http://h/rd/',
  );
  assert.is(location(https, '/rd/', 'h:80', ['x-forwarded-proto: https']), 'https://h:80/rd/');
  assert.is(location({ scheme_redirect: 'http' }, '/rd/', 'h:80'), 'http://h:80/rd/');
  assert.is(location({ port_redirect: 1 }, '/rd/', '[::1]:80'), 'http://[::1]:1/rd/');
});

test('the status is 301 unless another is asked for', () => {
  const match = compileRouteMatch({ prefix: '/' });
  const codes = [
    undefined,
    'MOVED_PERMANENTLY',
    'FOUND',
    'SEE_OTHER',
    'TEMPORARY_REDIRECT',
    'PERMANENT_REDIRECT',
  ];
  assert.equal(
    codes.map((response_code) => compileRedirect({ response_code }, match).code),
    [301, 301, 302, 303, 307, 308],
  );
});

test.run();
