/**
 * Cases of the differential suites in which the bundled runtime answers otherwise than real Envoy on purpose. Each is
 * safer than Envoy, or impossible in Node, and has its row in `docs/differences.md`.
 */
export const knownDifferences: Readonly<Record<string, string>> = {
  duphost: 'two Host headers are refused: a backend might believe the other one',
  'duphost-same': 'two Host headers are refused, equal or not',
  'stream-err-duphost': 'two Host headers are refused',
  'bare-lf': 'a line that ends in LF alone is refused: other parsers see one line where we saw two',
  'lf-in-hdrs': 'a line that ends in LF alone is refused',
  'cr-value': 'CR inside a value is refused, Envoy deletes it',
  'chunk-nocrlf': 'octets between a chunk and its line end are refused, Envoy drops them',
  'direct 204 with a body, GET':
    'a 204 has no body (RFC 9112 section 6.3): a client would read it as the next response',
  'direct 204 with a body, HEAD': 'a 204 has no content-length',
  'direct 304 with a body, GET': 'a 304 has no body',
  'idle connection, a request while it drains':
    'after connection: close we close, Envoy waits for the client',
  'jwt: keys fetched again': 'a second try of a fetch is like the first; Envoy adds an empty chunked body',
  'jwt: of a parameter, beside encoded ones':
    'what else stands in the query stays encoded; decoded, it could become a parameter of its own',
  'old connection': 'after connection: close we close, Envoy waits for the client',
};

/** Cases of `http2-parity` in which the bundled runtime differs on purpose, with the reason. */
export const http2KnownDifferences: Readonly<Record<string, string>> = {
  'host only h2': 'pseudo headers are written in one order, Envoy keeps the order in which it learnt them',
};
