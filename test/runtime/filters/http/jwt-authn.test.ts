/** JSON Web Tokens: which pass, where keys come from, and what the upstream gets to know. */
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decodeBase64url, padBase64url } from '../../../../runtime/filters/http/jwt-authn/base64url.js';
import { JsonWebKeySet } from '../../../../runtime/filters/http/jwt-authn/json-web-key-set.js';
import { parseJwt } from '../../../../runtime/filters/http/jwt-authn/jwt.js';
import { JwtError, jwtStatusCode } from '../../../../runtime/filters/http/jwt-authn/jwt-status.js';
import { queryParameter, withoutQueryParameter } from '../../../../runtime/common/query-parameters.js';
import { TokenCache } from '../../../../runtime/filters/http/jwt-authn/token-cache.js';
import { keySet, rsaKeySet, signToken } from '../../../support/jwt-tokens.js';
import type { ManagerRig } from '../../http/manager-rig.js';
import { settle } from '../../http/http1/fake-socket.js';
import { filterRig, get, httpFilter, ok, perRoute, routes } from './filter-rig.js';

const local = (more: object = {}): object => ({
  issuer: 'i',
  local_jwks: { inline_string: keySet },
  ...more,
});
const remote = (more: object = {}): object => ({
  issuer: 'i',
  remote_jwks: { http_uri: { uri: 'http://keys/k', cluster: 'c', timeout: '1s' }, ...more },
});

function rig(provider: object, config: object = {}, route_config: object = routes()): ManagerRig {
  const rules = [{ match: { prefix: '/' }, requires: { provider_name: 'p' } }];
  return filterRig(
    [httpFilter('jwt_authn.v3.JwtAuthentication', { providers: { p: provider }, rules, ...config })],
    route_config,
  );
}

const bearer = (token: string): string => get([`authorization: Bearer ${token}`]);
const good = signToken({ iss: 'i', sub: 'joe' });
const answer = (status: number, body: string): string =>
  `HTTP/1.1 ${status} X\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
const statusOf = (make: () => unknown): string => {
  try {
    make();
    return 'ok';
  } catch (error) {
    if (error instanceof JwtError) return error.status;
    throw error;
  }
};

/** How often keys were asked for, over all connections. */
function fetches({ upstreams }: ManagerRig): number {
  return upstreams.reduce((count, { written }) => count + (written.match(/GET \/k /g)?.length ?? 0), 0);
}

test('a good token passes and is taken away', async () => {
  const made = rig(local());
  await made.request(bearer(good));
  assert.match(made.upstream().written, /^GET \/x HTTP/);
  assert.not.match(made.upstream().written, 'authorization');
  assert.is(made.counter('http.p.jwt_authn.allowed'), 1);
});

test('a missing token is refused with a challenge', async () => {
  const made = rig(local());
  const client = await made.request(get([], '/x?q=1'));
  assert.match(client.written, /^HTTP\/1.1 401 .*www-authenticate: Bearer realm="http:\/\/a\/x\?q=1"\r\n/s);
  assert.match(made.logLines.join(), /^401 - jwt_authn_access_denied\{Jwt_is_missing\}/);
  assert.is(made.counter('http.p.jwt_authn.denied'), 1);
});

test('times are those of the clock', async () => {
  const epoch = Date.UTC(2026, 0, 31, 12) / 1000;
  const made = rig(local({ clock_skew_seconds: 5 }));
  const token = signToken({ iss: 'i', exp: epoch + 10 });
  await made.request(bearer(token));
  assert.is(made.upstreams.length, 1);
  await made.pass(14_000);
  await made.request(bearer(token));
  assert.is(made.counter('http.p.jwt_authn.allowed'), 2);
  await made.pass(2000);
  const client = await made.request(bearer(token));
  assert.match(client.written, 'Jwt is expired');
});

test('keys are fetched, kept for a while and fetched again', async () => {
  const made = rig(remote({ cache_duration: '10s' }));
  await made.request(bearer(good));
  assert.match(made.upstream().written, /^GET \/k HTTP\/1.1\r\nhost: keys\r\n/);
  await made.answer(answer(200, rsaKeySet));
  assert.match(made.upstream(1).written, /GET \/x HTTP/);
  await made.answer(ok, 1);
  await made.pass(9000);
  await made.request(bearer(good));
  await made.answer(ok, 1);
  assert.is(made.counter('http.p.jwt_authn.allowed'), 2);
  assert.is(made.counter('http.p.jwt_authn.jwks_fetch_success'), 1);
  await made.pass(1000);
  await made.request(bearer(good));
  assert.is(fetches(made), 2);
});

test('keys that cannot be had refuse the request, after the retries that are asked for', async () => {
  const made = rig(remote({ retry_policy: { num_retries: 1, retry_back_off: { base_interval: '0.1s' } } }));
  const client = await made.request(bearer(good));
  await made.answer(answer(503, ''));
  assert.is(client.written, '');
  await made.pass(100);
  await made.answer(answer(503, ''));
  assert.match(client.written, 'Jwks remote fetch is failed');
  assert.is(made.counter('http.p.jwt_authn.jwks_fetch_failed'), 1);
});

test('keys are fetched in the background where that is asked for', async () => {
  const made = rig(remote({ cache_duration: '60s', async_fetch: {} }));
  await made.request(bearer(good));
  await made.answer(answer(200, rsaKeySet));
  await made.answer(ok, 1);
  await made.pass(54_999);
  assert.is(fetches(made), 1);
  await made.pass(1);
  assert.is(fetches(made), 2);
  await made.answer(answer(500, ''), 1);
  // The old ones are in use until there are new ones, which are asked for again.
  await made.pass(1000);
  assert.is(fetches(made), 3);
  await made.request(bearer(good));
  assert.is(made.counter('http.p.jwt_authn.allowed'), 2);
});

test('a client that leaves ends the fetch', async () => {
  const made = rig(remote());
  made.poolMode = 'wait';
  const client = await made.request(bearer(good));
  client.destroy();
  await settle();
  assert.is(made.cancelled, 1);
});

test('a claim that no header may have is left out', async () => {
  const claim_to_headers = [
    { header_name: 'x-a', claim_name: 'a' },
    { header_name: 'x-sub', claim_name: 'sub' },
  ];
  const made = rig(local({ claim_to_headers }));
  await made.request(bearer(signToken({ iss: 'i', a: 'one\r\nx-admin: 1', sub: 'jö' })));
  assert.not.match(made.upstream().written, 'x-admin');
  assert.match(made.upstream().written, `x-sub: ${Buffer.from('jö').toString('latin1')}\r\n`);
});

test('routes turn it off, or name a requirement', async () => {
  const type = 'jwt_authn.v3.PerRouteConfig';
  const off = rig(local(), {}, routes(perRoute(type, { disabled: true })));
  await off.request(get());
  assert.is(off.upstreams.length, 1);
  const unknown = rig(local(), {}, routes(perRoute(type, { requirement_name: 'r' })));
  const client = await unknown.request(get());
  assert.match(client.written, /^HTTP\/1.1 403 .*Wrong requirement_name: r\. It should be one of \[\]$/s);
});

test('what cannot be served is refused with its place', () => {
  const refused = (provider: object, config: object, message: RegExp, path: readonly unknown[]): void => {
    assert.throws(
      () => rig(provider, config),
      (error: { message: string; path: readonly unknown[] }) => {
        assert.match(error.message, message);
        assert.equal(error.path.slice(3), path);
        return true;
      },
    );
  };
  const requires = (requirement: object): object => ({
    rules: [{ match: { prefix: '/' }, requires: requirement }],
  });
  refused(local({ local_jwks: { inline_string: '{}' } }), {}, /^Provider 'p' .*\[keys\] field$/, [
    'providers',
    'p',
    'local_jwks',
  ]);
  refused(remote({ http_uri: { uri: 'keys', cluster: 'c' } }), {}, /invalid URI: 'keys'/, [
    'providers',
    'p',
    'remote_jwks',
    'http_uri',
    'uri',
  ]);
  refused(local(), requires({ provider_name: 'q' }), /^Required provider \['q'\] is not configured\.$/, [
    'rules',
    0,
    'requires',
    'provider_name',
  ]);
});

test('a set of keys says what is wrong with it', () => {
  const key = (fields: object): string =>
    statusOf(() => JsonWebKeySet.parse(JSON.stringify({ keys: [fields] })));
  assert.is(
    statusOf(() => JsonWebKeySet.parse('[]')),
    'keysBadJson',
  );
  assert.is(
    statusOf(() => JsonWebKeySet.parse('{"keys":{}}')),
    'keysNotList',
  );
  assert.is(
    statusOf(() => JsonWebKeySet.parse('{"keys":[1]}')),
    'noValidKeys',
  );
  assert.is(key({}), 'ktyMissing');
  assert.is(key({ kty: 'X' }), 'ktyUnknown');
  assert.is(key({ kty: 'RSA', alg: 'ES256' }), 'rsaBadAlg');
  assert.is(key({ kty: 'RSA', n: 'AQAB', e: 'AQ' }), 'rsaBad');
  assert.is(key({ kty: 'EC', alg: 'ES256', crv: 'P-384' }), 'ecCrvIsNotOfAlg');
  assert.is(key({ kty: 'EC', x: 'AA', y: 'AA' }), 'ecBad');
  assert.is(key({ kty: 'oct', k: '' }), 'octBadBase64');
  assert.is(key({ kty: 'OKP', crv: 'Ed25519', x: 'AA' }), 'okpWrongLength');
  assert.is(jwtStatusCode('noKeyMatches'), 32);
});

test('keys may be cut into lines', () => {
  const cut = keySet.replace(/"n":"(.{40})/, '"n":"$1\n   ');
  assert.is.not(cut, keySet);
  assert.is(JsonWebKeySet.parse(cut).verify(parseJwt(good)), 'ok');
});

test('a token that was changed anywhere is good no more', () => {
  const keys = JsonWebKeySet.parse(keySet);
  const tokens = ['RS256', 'PS384', 'ES512', 'HS256', 'EdDSA'].map((alg) => signToken({ iss: 'i' }, { alg }));
  for (const token of tokens) assert.is(keys.verify(parseJwt(token)), 'ok');
  fc.assert(
    fc.property(fc.constantFrom(...tokens), fc.nat(), fc.integer({ min: 1, max: 255 }), (token, at, flip) => {
      const [header = '', payload = '', signature = ''] = token.split('.');
      const octets = Buffer.from(signature, 'base64url');
      const place = at % octets.length;
      octets[place] = (octets[place] as number) ^ flip;
      const changed = `${header}.${payload}.${octets.toString('base64url')}`;
      assert.is.not(keys.verify(parseJwt(changed)), 'ok');
    }),
  );
});

test('any text is a token or an error of tokens', () => {
  fc.assert(fc.property(fc.string(), (text) => void statusOf(() => parseJwt(text))));
  const json = fc.json().map((text) => Buffer.from(text).toString('base64url'));
  fc.assert(
    fc.property(json, (payload) => {
      const header = Buffer.from('{"alg":"HS256"}').toString('base64url');
      statusOf(() => parseJwt(`${header}.${payload}.AA`));
    }),
  );
});

test('Base64url is read strictly', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (octets) => {
      const text = Buffer.from(octets).toString('base64url');
      assert.equal(decodeBase64url(text), Buffer.from(octets));
      assert.equal(decodeBase64url(padBase64url(text)), Buffer.from(octets));
    }),
  );
  for (const bad of ['a', 'a+b/', 'ab=', 'abc==', 'é', '=']) assert.is(decodeBase64url(bad), undefined);
});

test('a parameter is found decoded; the others stay as they were', () => {
  assert.is(queryParameter('/x?a=1&t%6f=%41b&to=2', 'to'), 'Ab');
  assert.is(queryParameter('/x', 'a'), undefined);
  assert.is(withoutQueryParameter('/x?z=a%26b%0d%0a&t=1&b&t=2&a=%zz', 't'), '/x?a=%zz&b=&z=a%26b%0d%0a');
  assert.is(withoutQueryParameter('/x?t=1', 't'), '/x');
});

test('the tokens used last are kept, short ones only', () => {
  const cache = new TokenCache({ jwt_cache_size: 2, jwt_max_token_size: 3 });
  const jwt = parseJwt(good);
  for (const text of ['a', 'b', 'long']) cache.add(text, jwt);
  assert.ok(cache.find('a'));
  cache.add('c', jwt);
  assert.is(cache.find('b'), undefined);
  assert.is(cache.find('long'), undefined);
  assert.ok(cache.find('a'));
});

test.run();
