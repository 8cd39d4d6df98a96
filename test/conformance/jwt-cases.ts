/**
 * Cases of JSON Web Tokens for `filters-parity`. Where keys are fetched, the backend is asked for them first, and answers
 * for the upstream next.
 */
import { encode, keySet, otherKeySet, rsaKeySet, signToken } from '../support/jwt-tokens.js';
import type { DifferentialCase } from './differential.js';

type Json = Record<string, unknown>;
type Case = Omit<DifferentialCase, 'id'>;

const types = 'type.googleapis.com/envoy.extensions.filters.http.jwt_authn.v3.';
/** Minutes may pass until a case runs: what is near to it must not be nearer than that. */
const now = Math.floor(Date.now() / 1000);
const claims = { iss: 'i', sub: 'joe', aud: ['one', 'https://two.example/'], exp: now + 6000 };
const good = signToken(claims);
const answer = (status: string, body = '', headers: readonly string[] = []): string =>
  `HTTP/1.1 ${status}\r\n${headers.map((one) => `${one}\r\n`).join('')}content-length: ${body.length}\r\n\r\n${body}`;
const upstream = answer('200 OK', 'ok', ['x-from: upstream']);

function get(headers: readonly string[] = [], path = '/x?q=1', method = 'GET'): string {
  return `${[`${method} ${path} HTTP/1.1`, 'Host: a', ...headers].join('\r\n')}\r\n\r\n`;
}
const bearer = (token: string, path?: string): string => get([`authorization: Bearer ${token}`], path);

const local = (more: Json = {}): Json => ({
  issuer: 'i',
  local_jwks: { inline_string: keySet },
  ...more,
});
const remote = (more: Json = {}, provider: Json = {}): Json => ({
  issuer: 'i',
  remote_jwks: {
    http_uri: { uri: 'http://keys.example:81/keys?a=1', cluster: 'CLUSTER', timeout: '1s' },
    ...more,
  },
  ...provider,
});

function checked(providers: Json, request: string, more: Partial<Case> & { filter?: Json } = {}): Case {
  const { filter, ...rest } = more;
  const [name] = Object.keys(providers);
  return {
    request,
    filters: [
      {
        name: 'envoy.filters.http.jwt_authn',
        typed_config: {
          '@type': `${types}JwtAuthentication`,
          providers,
          rules: [{ match: { prefix: '/' }, requires: { provider_name: name } }],
          ...filter,
        },
      },
    ],
    stats: 'http.PREFIX.jwt_authn',
    logFormat:
      '%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %DYNAMIC_METADATA(envoy.filters.http.jwt_authn)%',
    ...rest,
  };
}

const p = (request: string, provider: Json = {}, more: Parameters<typeof checked>[2] = {}): Case =>
  checked({ p: local(provider) }, request, more);
const requires = (requirement: Json): { filter: Json } => ({
  filter: { rules: [{ match: { prefix: '/' }, requires: requirement }] },
});
const perRoute = (config: Json): Partial<Case> => ({
  virtualHosts: [
    {
      name: 'v',
      domains: ['*'],
      routes: [
        {
          match: { prefix: '/' },
          route: { cluster: 'CLUSTER' },
          typed_per_filter_config: {
            'envoy.filters.http.jwt_authn': { '@type': `${types}PerRouteConfig`, ...config },
          },
        },
      ],
    },
  ],
});
const two = { p: local(), q: local({ issuer: 'j', from_headers: [{ name: 'x-token' }] }) };
const header = { alg: 'RS256', kid: 'rsa' };
const signed = (payload: unknown): string => bearer(signToken(payload));
const withHeader = (given: unknown, payload: unknown = claims): string =>
  bearer(`${encode(given)}.${encode(payload)}.AAAA`);

const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'];

export const jwtCases: Record<string, Case> = {
  good: p(bearer(good)),
  missing: p(get()),
  'missing, gRPC': p(get(['content-type: application/grpc'])),
  'missing, a long path': p(get([], `/${'y'.repeat(300)}`)),
  'missing, HEAD': p(get([], '/x', 'HEAD')),
  ...Object.fromEntries(
    [...algorithms, 'HS256', 'HS384', 'HS512', 'EdDSA'].map((alg) => [
      `algorithm ${alg}`,
      p(bearer(signToken(claims, { alg }))),
    ]),
  ),
  'algorithm none': p(withHeader({ alg: 'none' })),
  'algorithm missing': p(withHeader({})),
  'algorithm of another key': p(bearer(signToken(claims, { alg: 'HS256', kid: 'rsa' }))),
  'another key id': p(bearer(signToken(claims, { ...header, kid: 'other' }))),
  'a key id that is no text': p(withHeader({ alg: 'RS256', kid: 1 })),
  'another key': p(bearer(good), { local_jwks: { inline_string: otherKeySet } }),
  'a changed payload': p(bearer(good.replace(/\.[^.]+\./, `.${encode({ ...claims, sub: 'eve' })}.`))),
  'two sections': p(bearer('a.b')),
  'four sections': p(bearer(`${good}.x`)),
  'a header that is no Base64': p(bearer('a*b.b.c')),
  'a header of one letter': p(bearer('abcde.b.c')),
  'a header that is no JSON': p(bearer(`${encode('{')}.b.c`)),
  'a header that is a list': p(bearer(`${encode('[]')}.b.c`)),
  'a payload that is no Base64': p(bearer(`${encode(header)}.b!.c`)),
  'a payload that is no JSON': p(bearer(`${encode(header)}.${encode('x')}.AAAA`)),
  'a signature that is no Base64': p(bearer(`${encode(header)}.${encode(claims)}.A!`)),
  'a signature with padding': p(bearer(`${good}==`)),
  'a short signature, Ed25519': p(withHeader({ alg: 'EdDSA', kid: 'ed' })),
  ...Object.fromEntries(
    ['iss', 'sub', 'iat', 'nbf', 'exp', 'jti', 'aud'].flatMap((claim) => [
      [`${claim} is an object`, p(signed({ ...claims, [claim]: {} }))],
      [`${claim} is null`, p(signed({ ...claims, [claim]: null }))],
    ]),
  ),
  'a negative time': p(signed({ ...claims, nbf: -1 })),
  'a time that is too large': p(signed({ ...claims, exp: 2 ** 65 })),
  'a time with a fraction': p(signed({ ...claims, nbf: now - 1.5 })),
  'aud is a list of others': p(signed({ ...claims, aud: [1] })),
  expired: p(signed({ ...claims, exp: now - 100 })),
  'expired within the skew': p(signed({ ...claims, exp: now - 30 }), { clock_skew_seconds: 3600 }),
  'expired beyond a smaller skew': p(signed({ ...claims, exp: now - 30 }), { clock_skew_seconds: 5 }),
  'not yet valid': p(signed({ ...claims, nbf: now + 3000 })),
  'no expiry': p(signed({ iss: 'i' })),
  'no expiry, required': p(signed({ iss: 'i' }), { require_expiration: true }),
  'an expiry of zero, required': p(signed({ iss: 'i', exp: 0 }), { require_expiration: true }),
  'a long life': p(signed(claims), { max_lifetime: '3000s' }),
  'a life that is short enough': p(signed(claims), { max_lifetime: '9000s' }),
  'no expiry, a limited life': p(signed({ iss: 'i' }), { max_lifetime: '9000s' }),
  'another issuer': p(signed({ ...claims, iss: 'j' })),
  'no issuer': p(signed({ sub: 'joe' })),
  'any issuer': p(signed({ sub: 'joe' }), { issuer: undefined }),
  'an audience': p(bearer(good), { audiences: ['two.example', 'three'] }),
  'another audience': p(bearer(good), { audiences: ['three'] }),
  'no audience': p(signed({ iss: 'i' }), { audiences: ['three'] }),
  'an audience of the requirement': p(
    bearer(good),
    { audiences: ['three'] },
    requires({ provider_and_audiences: { provider_name: 'p', audiences: ['one'] } }),
  ),
  'a subject': p(bearer(good), { subjects: { prefix: 'j' } }),
  'another subject': p(bearer(good), { subjects: { exact: 'eve' } }),
  'no subject': p(signed({ iss: 'i' }), { subjects: { prefix: 'j' } }),
  forwarded: p(bearer(good), { forward: true }),
  'payload forwarded': p(get([`authorization: Bearer ${good}`, 'x-payload: forged']), {
    forward_payload_header: 'X-Payload',
  }),
  'payload forwarded, padded': p(signed({ iss: 'i' }), {
    forward_payload_header: 'x-payload',
    pad_forward_payload_header: true,
  }),
  'a forged payload without a token': p(
    get(['x-payload: forged']),
    { forward_payload_header: 'x-payload' },
    requires({ allow_missing: {} }),
  ),
  'payload in the metadata': p(signed({ iss: 'i', scope: 'a  b', n: 1 }), {
    payload_in_metadata: 'payload',
    header_in_metadata: 'header',
    normalize_payload_in_metadata: { space_delimited_claims: ['scope', 'n', 'none'] },
  }),
  'a failure in the metadata': p(bearer('a.b'), { failed_status_in_metadata: 'f' }),
  'a missing token in the metadata': p(get(), { failed_status_in_metadata: 'f' }),
  'a bad key in the metadata': p(bearer(signToken(claims, { ...header, kid: 'x' })), {
    failed_status_in_metadata: 'f',
  }),
  'claims to headers': p(
    signed({ iss: 'i', t: 'text', n: 7, f: 1.5, m: -2, b: false, o: { x: { y: 'in' } } }),
    {
      claim_to_headers: ['t', 'n', 'f', 'm', 'b', 'o.x.y', 'o.x', 'o.z', 'none'].map((claim_name, index) => ({
        header_name: `x-${index}`,
        claim_name,
      })),
    },
  ),
  'a claim by its path': p(signed({ iss: 'i', 'a.b': { c: 'in' } }), {
    claim_to_headers: [
      { header_name: 'x-1', claim_path: [{ key: 'a.b' }, { key: 'c' }] },
      { header_name: 'x-2', claim_name: 'a.b' },
    ],
  }),
  'a forged claim': p(get([`authorization: Bearer ${good}`, 'x-sub: eve']), {
    claim_to_headers: [{ header_name: 'X-Sub', claim_name: 'sub' }],
  }),
  'of a header': p(get([`x-token: ${good}`]), { from_headers: [{ name: 'X-Token' }] }),
  'of a header, not of the usual one': p(bearer(good), { from_headers: [{ name: 'x-token' }] }),
  'of a header with a prefix': p(get([`x-token: some T=${good}`]), {
    from_headers: [{ name: 'x-token', value_prefix: 'T=' }],
  }),
  'of a header without the prefix': p(get([`authorization: Basic ${good}`])),
  'of a header twice': p(get([`x-token: ${good}`, `x-token: ${good}`]), {
    from_headers: [{ name: 'x-token' }],
  }),
  'of a parameter': p(get([], `/x?b=2&access_token=${good}&a=1`)),
  'of a parameter, beside encoded ones': p(get([], `/x?b=%41%26c=3&access_token=${good}`)),
  'of the only parameter': p(get([], `/x?access_token=${good}`)),
  'of another parameter': p(get([], `/x?t=${good}`), { from_params: ['t'] }),
  'of a cookie': p(get([`cookie: a=1; t=${good}`]), { from_cookies: ['t'] }),
  'of another cookie': p(get([`cookie: a=1; t=${good}`]), { from_cookies: ['u'] }),
  'a good and a bad one': p(get(['authorization: Bearer a.b'], `/x?access_token=${good}`)),
  'two good ones': p(get([`authorization: Bearer ${good}`], `/x?access_token=${good}`)),
  'no rule fits': p(
    get(),
    {},
    { filter: { rules: [{ match: { prefix: '/y' }, requires: { provider_name: 'p' } }] } },
  ),
  'the first rule that fits': p(
    get(),
    {},
    {
      filter: {
        rules: [{ match: { path: '/x' } }, { match: { prefix: '/' }, requires: { provider_name: 'p' } }],
      },
    },
  ),
  'a rule by a pattern and a header': p(
    get(['x-a: 1']),
    {},
    {
      filter: {
        rules: [
          {
            match: {
              safe_regex: { regex: '/[xy]' },
              headers: [{ name: 'x-a', string_match: { exact: '1' } }],
            },
            requires: { provider_name: 'p' },
          },
        ],
      },
    },
  ),
  'a rule by segments': p(
    get([], '/xy'),
    {},
    { filter: { rules: [{ match: { path_separated_prefix: '/x' }, requires: { provider_name: 'p' } }] } },
  ),
  'a rule by case': p(
    get([], '/X'),
    {},
    {
      filter: {
        rules: [{ match: { path: '/x', case_sensitive: false }, requires: { provider_name: 'p' } }],
      },
    },
  ),
  'a requirement by name': p(
    get(),
    {},
    {
      filter: {
        requirement_map: { r: { provider_name: 'p' } },
        rules: [{ match: { prefix: '/' }, requirement_name: 'r' }],
      },
    },
  ),
  'off on the route': p(get(), {}, perRoute({ disabled: true })),
  'another requirement on the route': p(
    get(),
    {},
    {
      filter: { rules: [], requirement_map: { r: { provider_name: 'p' } } },
      ...perRoute({ requirement_name: 'r' }),
    },
  ),
  'an unknown requirement on the route': p(
    get(),
    {},
    { filter: { requirement_map: { s: {}, r: {} } }, ...perRoute({ requirement_name: 'q' }) },
  ),
  'preflight passes': p(
    get(['origin: o', 'access-control-request-method: GET'], '/x', 'OPTIONS'),
    {},
    { filter: { bypass_cors_preflight: true } },
  ),
  'no preflight': p(get(['origin: o'], '/x', 'OPTIONS'), {}, { filter: { bypass_cors_preflight: true } }),
  'a short answer': p(get(), {}, { filter: { strip_failure_response: true } }),
  'missing is allowed': p(get(), {}, requires({ allow_missing: {} })),
  'missing is allowed, bad is not': p(bearer('a.b'), {}, requires({ allow_missing: {} })),
  'failure is allowed': p(bearer('a.b'), {}, requires({ allow_missing_or_failed: {} })),
  'failure is allowed, and good': checked(two, get([`authorization: Bearer ${good}`]), {
    ...requires({ allow_missing_or_failed: {} }),
  }),
  'missing is allowed, of an unknown issuer': checked(two, signed({ ...claims, iss: 'z' }), {
    ...requires({ allow_missing: {} }),
  }),
  'one of two': checked(two, get([`x-token: ${signToken({ ...claims, iss: 'j' })}`]), {
    ...requires({ requires_any: { requirements: [{ provider_name: 'p' }, { provider_name: 'q' }] } }),
  }),
  'none of two': checked(two, get(), {
    ...requires({ requires_any: { requirements: [{ provider_name: 'p' }, { provider_name: 'q' }] } }),
  }),
  'none of two, one bad': checked(two, get(['x-token: a.b']), {
    ...requires({ requires_any: { requirements: [{ provider_name: 'q' }, { provider_name: 'p' }] } }),
  }),
  'one of two, or missing': checked(two, get(), {
    ...requires({
      requires_any: { requirements: [{ provider_name: 'p' }, { provider_name: 'q' }, { allow_missing: {} }] },
    }),
  }),
  'one of two, or missing, and bad': checked(two, get(['x-token: a.b']), {
    ...requires({
      requires_any: { requirements: [{ provider_name: 'p' }, { provider_name: 'q' }, { allow_missing: {} }] },
    }),
  }),
  'one, or failed': checked(two, get(['x-token: a.b']), {
    ...requires({
      requires_any: { requirements: [{ provider_name: 'q' }, { allow_missing_or_failed: {} }] },
    }),
  }),
  'both of two': checked(
    two,
    get([`authorization: Bearer ${good}`, `x-token: ${signToken({ ...claims, iss: 'j' })}`]),
    { ...requires({ requires_all: { requirements: [{ provider_name: 'p' }, { provider_name: 'q' }] } }) },
  ),
  'one of both': checked(two, get([`authorization: Bearer ${good}`]), {
    ...requires({ requires_all: { requirements: [{ provider_name: 'p' }, { provider_name: 'q' }] } }),
  }),
  ...Object.fromEntries(
    Object.entries({
      good: bearer(good),
      'good, and a forged header': get([`authorization: Bearer ${good}`, 'x-jwt-signature-verified: false']),
      'bad, and a forged header': get(['authorization: Bearer a.b', 'x-jwt-signature-verified: true']),
      'a bad signature': bearer(`${good.slice(0, -6)}AAAAAA`),
      missing: get(['x-jwt-signature-verified: true', 'x-payload: forged']),
      'of another issuer': signed({ ...claims, iss: 'z' }),
      expired: signed({ ...claims, exp: 1 }),
      'a good and a bad one': get(['authorization: Bearer a.b'], `/x?access_token=${good}`),
    }).map(([id, request]) => [
      `extracted, ${id}`,
      p(
        request,
        {
          forward_payload_header: 'x-payload',
          payload_in_metadata: 'payload',
          failed_status_in_metadata: 'failure',
          claim_to_headers: [{ header_name: 'x-sub', claim_name: 'sub' }],
        },
        requires({ extract_only_without_validation: {} }),
      ),
    ]),
  ),
  'extracted, or good': p(
    bearer('a.b'),
    {},
    requires({
      requires_any: { requirements: [{ provider_name: 'p' }, { extract_only_without_validation: {} }] },
    }),
  ),
  'keys cut into lines': p(bearer(good), {
    local_jwks: { inline_string: keySet.replace(/"n":"(.{40})/, '"n":"$1\n   ') },
  }),
  'a token with spaces in it': p(bearer(good.replace(/\.(...)/, '.$1 '))),
  'no keys': p(bearer(good), { local_jwks: { inline_string: '' } }),
  'keys fetched': checked({ p: remote() }, bearer(good), {
    answers: [answer('200 OK', rsaKeySet), upstream],
  }),
  'keys fetched, with a body to hold': checked(
    { p: remote() },
    `POST /x HTTP/1.1\r\nHost: a\r\nauthorization: Bearer ${good}\r\ncontent-length: 3\r\n\r\nabc`,
    { answers: [answer('200 OK', rsaKeySet), upstream] },
  ),
  'keys fetched, another key': checked({ p: remote() }, bearer(good), {
    answers: [answer('200 OK', otherKeySet), upstream],
  }),
  'no keys fetched': checked({ p: remote() }, bearer(good), { answers: [answer('404 No'), upstream] }),
  'bad keys fetched': checked({ p: remote() }, bearer(good), { answers: [answer('200 OK', '{}'), upstream] }),
  'bad keys fetched, in the metadata': checked(
    { p: remote({}, { failed_status_in_metadata: 'f' }) },
    bearer(good),
    { answers: [answer('200 OK', '{}'), upstream] },
  ),
  'nobody has keys': checked({ p: remote() }, bearer(good), { refused: true }),
  'keys too late': checked(
    { p: remote({ http_uri: { uri: 'http://k', cluster: 'CLUSTER', timeout: '0.3s' } }) },
    bearer(good),
    { answerAfterMs: 900, answers: [answer('200 OK', rsaKeySet)] },
  ),
  'keys of an unknown cluster': checked(
    { p: remote({ http_uri: { uri: 'http://k/', cluster: 'none', timeout: '1s' } }) },
    bearer(good),
  ),
  'keys fetched again': checked(
    { p: remote({ retry_policy: { num_retries: 2, retry_back_off: { base_interval: '0.01s' } } }) },
    bearer(good),
    { answers: [answer('503 No'), answer('200 OK', rsaKeySet), upstream] },
  ),
  'no keys are needed for a bad token': checked({ p: remote() }, bearer('a.b')),
  'kept tokens': p(`${bearer(good)}${bearer(good)}`, { jwt_cache_config: {} }),
  'kept keys': checked({ p: remote() }, `${bearer(good)}${bearer(good)}`, {
    answers: [answer('200 OK', rsaKeySet), upstream],
  }),
  'a prefix of the statistics': p(bearer(good), {}, { filter: { stat_prefix: 'sp' } }),
};
