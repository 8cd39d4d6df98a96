/** Values and refusals as measured on Envoy 1.40. */
import { hostname } from 'node:os';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileFormat, compileHeaderFormat, defaultFormat } from '../../../runtime/access-log/formatter.js';
import type { ResponseFlag, StreamInfo } from '../../../runtime/common/stream-info.js';
import { streamInfoOf } from '../../support/stream-info.js';

const headers = [
  ...['host', 'example.com', 'user-agent', 'curl/8', 'rep', 'aa1', 'rep', 'bb2', 'empty', ''],
  ...['x-request-id', 'id-1', 'x-envoy-original-path', '/rw/x?a=b%20c&a=2'],
];
const info = streamInfoOf({
  requestHeaders: headers,
  path: '/zz/x?a=b%20c&a=2',
  responseHeaders: ['x-r', '1', 'x-r', '2', 'x-envoy-upstream-service-time', '6'],
  responseTrailers: ['grpc-status', '0'],
});
const bare = streamInfoOf({
  requestHeaders: ['host', 'example.com'],
  responseCode: 0,
  responseCodeDetails: '',
  durationMs: undefined,
  requestDurationMs: undefined,
  responseDurationMs: undefined,
  upstreamHost: undefined,
  upstreamCluster: undefined,
  upstreamLocalAddress: undefined,
  routeName: '',
});

const values: [string, string, (StreamInfo | undefined)?][] = [
  ['%REQ(User-Agent)%', 'curl/8'],
  ['%REQ(rep)%', 'aa1'],
  ['%REQ(rep):2%', 'aa'],
  ['%REQ(rep):0%', ''],
  ['%REQ(nope)%', '-'],
  ['%REQ(nope):3%', '-'],
  ['%REQ(empty)%', ''],
  ['%REQ(nope?user-agent)%', 'curl/8'],
  ['%REQ(empty?user-agent)%', ''],
  [
    '%REQ(:method)% %REQ(:path)% %REQ(:authority)% %REQ(host)% %REQ(:scheme)%',
    'GET /zz/x?a=b%20c&a=2 example.com example.com http',
  ],
  ['%RESP(x-r)% %RESP(:status)% %RESP(nope)%', '1 200 -'],
  ['%RESP(:status)%', '-', bare],
  ['%TRAILER(grpc-status)% %TRAILER(nope)%', '0 -'],
  ['%RESPONSE_TRAILER(grpc-status)% %REQUEST_HEADER(:method):2%', '0 GE'],
  ['%START_TIME%', '2026-01-31T12:00:00.005Z'],
  ['%START_TIME(%Y/%m/%d %s.%3f)%', '2026/01/31 1769860800.005'],
  ['%EMIT_TIME%', '2026-01-31T12:00:00.012Z'],
  ['%DURATION% %REQUEST_DURATION% %RESPONSE_DURATION% %RESPONSE_TX_DURATION%', '7 0 6 1'],
  ['%DURATION% %REQUEST_DURATION% %RESPONSE_DURATION% %RESPONSE_TX_DURATION%', '- - - -', bare],
  ['%RESPONSE_CODE% %RESPONSE_CODE_DETAILS% %RESPONSE_FLAGS% %RESPONSE_FLAGS_LONG%', '200 via_upstream - -'],
  ['%RESPONSE_CODE% %RESPONSE_CODE_DETAILS%', '0 -', bare],
  ['%PROTOCOL()% %PROTOCOL%', 'HTTP/1.1 HTTP/1.1'],
  ['%BYTES_RECEIVED% %BYTES_SENT%', '0 2'],
  [
    '%UPSTREAM_HOST% %UPSTREAM_CLUSTER% %UPSTREAM_LOCAL_ADDRESS% %ROUTE_NAME%',
    '127.0.0.1:9000 web 127.0.0.1:41000 home',
  ],
  ['%UPSTREAM_HOST% %UPSTREAM_CLUSTER% %UPSTREAM_LOCAL_ADDRESS% %ROUTE_NAME%', '- - - -', bare],
  [
    '%UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %UPSTREAM_REMOTE_PORT% %UPSTREAM_LOCAL_PORT%',
    '127.0.0.1 9000 41000',
  ],
  [
    '%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_DIRECT_REMOTE_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS%',
    '10.0.0.1:0 127.0.0.1:40000 127.0.0.1:8080',
  ],
  [
    '%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %DOWNSTREAM_REMOTE_PORT% %DOWNSTREAM_LOCAL_PORT%',
    '10.0.0.1 0 8080',
  ],
  ['%DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT%', '::1', streamInfoOf({ downstreamLocalAddress: '[::1]:80' })],
  [
    '%CONNECTION_ID% %UPSTREAM_REQUEST_ATTEMPT_COUNT% %STREAM_ID% %ACCESS_LOG_TYPE%',
    '3 1 id-1 DownstreamEnd',
  ],
  ['%HOSTNAME%', hostname()],
  ['%PATH%', '/rw/x?a=b%20c&a=2'],
  ['%PATH()%', '/rw/x?a=b%20c&a=2'],
  ['%PATH(NQ)%', '/rw/x'],
  ['%PATH(WQ:PATH)%', '/zz/x?a=b%20c&a=2'],
  ['%PATH(NQ:PATH)%', '/zz/x'],
  ['%PATH(:PATH):3%', '/zz'],
  ['%PATH(WQ:ORIG)%', '-', bare],
  ['%PATH(WQ:ORIG_OR_PATH)%', '/a?b=c', bare],
  ['%QUERY_PARAM(a)% %QUERY_PARAM(b)%', 'b c -'],
  ['%QUERY_PARAMS%', 'a=b%20c&a=2'],
  ['%VIRTUAL_CLUSTER_NAME% %TRACE_ID% %REQUESTED_SERVER_NAME%', '- - -'],
  ['%REQUESTED_SERVER_NAME%', 'a.example', streamInfoOf({ requestedServerName: 'a.example' })],
  ['%ENVIRONMENT(ENVOY3_TEST_NOT_SET)%', '-'],
  [
    '%UPSTREAM_TRANSPORT_FAILURE_REASON%',
    'no_route_to_host',
    streamInfoOf({ upstreamTransportFailureReason: 'no route to host' }),
  ],
  ['100%% %RESPONSE_CODE%%PROTOCOL%', '100% 200HTTP/1.1'],
  ['é', '\xc3\xa9'],
  ['', ''],
];

for (const [format, expected, given = info] of values) {
  test(`${format} -> ${expected}`, () => assert.is(compileFormat(format)(given), expected));
}

test('flags come in the order in which they were set', () => {
  const flags = new Set<ResponseFlag>(['URX', 'UF']);
  const format = compileFormat('%RESPONSE_FLAGS% %RESPONSE_FLAGS_LONG%');
  assert.is(format(streamInfoOf({ flags })), 'URX,UF UpstreamRetryLimitExceeded,UpstreamConnectionFailure');
});

test('the default line', () => {
  const expected =
    '[2026-01-31T12:00:00.005Z] "GET /rw/x?a=b%20c&a=2 HTTP/1.1" 200 - 0 2 7 6 "-" "curl/8" "id-1" "example.com" "127.0.0.1:9000"\n';
  assert.is(compileFormat(defaultFormat)(info), expected);
});

test('absent values may be left out', () => {
  assert.is(compileFormat('%REQ(nope)%|%RESPONSE_FLAGS%|%ROUTE_NAME%', '')(bare), '|-|');
});

test('the status of a gRPC call', () => {
  const format = compileFormat('%GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)% %GRPC_STATUS_NUMBER%');
  const grpc = ['content-type', 'application/grpc'];
  assert.is(format(info), '- - -');
  const at = (given: Partial<StreamInfo>) => format(streamInfoOf({ requestHeaders: grpc, ...given }));
  assert.is(at({ responseTrailers: ['grpc-status', '5'] }), 'NotFound NOT_FOUND 5');
  assert.is(at({ responseHeaders: ['grpc-status', '0'] }), 'OK OK 0');
  assert.is(at({ responseCode: 503 }), 'Unavailable UNAVAILABLE 14');
  assert.is(at({ responseTrailers: ['grpc-status', '99'] }), '99 99 99');
});

test('dynamic metadata: texts as they are, everything else as JSON', () => {
  const metadata: Record<string, unknown> = { text: 'x', number: 5, deep: { a: ['é'] } };
  const given = streamInfoOf({
    dynamicMetadata: (filter, [key = '']) => (filter === 'f' ? metadata[key] : undefined),
  });
  const format = compileFormat(
    '%DYNAMIC_METADATA(f:text)% %DYNAMIC_METADATA(f:number)% %DYNAMIC_METADATA(f:deep)% %DYNAMIC_METADATA(g:text)%',
  );
  assert.is(format(given), 'x 5 {"a":["\xc3\xa9"]} -');
});

test('in a header: absent values leave nothing, and the type of the log is not set', () => {
  const headerValue = (format: string): string => {
    const compiled = compileHeaderFormat(format);
    return typeof compiled === 'string' ? compiled : compiled(bare);
  };
  assert.is(headerValue('a-%REQ(nope)%-b'), 'a--b');
  assert.is(headerValue('%ACCESS_LOG_TYPE%'), 'NotSet');
  assert.type(compileHeaderFormat('plain 100%%'), 'string');
});

const refused: [string, string][] = [
  ['%NOPE%', 'Not supported field in StreamInfo: NOPE'],
  ['%constructor%', "Incorrect configuration: %constructor%. Couldn't find valid command at position 0"],
  ['100%', "Incorrect configuration: 100%. Couldn't find valid command at position 3"],
  ['%%%', "Incorrect configuration: %%%. Couldn't find valid command at position 2"],
  ['%REQ(a)', "Incorrect configuration: %REQ(a). Couldn't find valid command at position 0"],
  ['%REQ(a):x%', "Incorrect configuration: %REQ(a):x%. Couldn't find valid command at position 0"],
  ['%REQ%', 'REQ requires parameters'],
  ['%REQ()%', 'REQ requires parameters'],
  ['%TRAILER%', 'TRAILER requires parameters'],
  ['%REQ(a?b?c)%', 'More than 1 alternative header specified in token: a?b?c'],
  ['%PROTOCOL(x)%', 'PROTOCOL does not take any parameters or length'],
  ['%DURATION:3%', 'DURATION does not take any parameters or length'],
  ['%START_TIME:3%', 'START_TIME does not allow length to be specified.'],
  ['%START_TIME(%n)%', 'Invalid header configuration. Format string contains newline.'],
  ['%PATH(X)%', "Invalid PATH option: 'X', only 'WQ'/'NQ' are allowed"],
  ['%PATH(NQ:FOO)%', "Invalid PATH option: 'FOO', only 'ORIG'/'PATH'/'ORIG_OR_PATH' are allowed"],
];

for (const [format, message] of refused) {
  test(`refuses ${format}`, () => {
    assert.throws(
      () => compileFormat(format),
      (error: { message: string; unsupported: boolean }) => error.message === message && !error.unsupported,
    );
  });
}

test('says which commands only Envoy has', () => {
  for (const format of ['%UPSTREAM_WIRE_BYTES_SENT%', '%COMMON_DURATION(US_CX_BEG:US_CX_END)%']) {
    assert.throws(
      () => compileFormat(format),
      (error: { message: string; unsupported: boolean }) =>
        error.unsupported && error.message.endsWith('needs real Envoy'),
    );
  }
});

test('no value of a request can end a line', () => {
  const format = compileFormat('%REQUESTED_SERVER_NAME% %QUERY_PARAM(q)% %DYNAMIC_METADATA(f:k)%\n');
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom('a', '\n', '\r', '\0', '\x1b', '"', '\x7f') }), (text) => {
      const line = format(
        streamInfoOf({
          requestedServerName: text,
          path: `/?q=${encodeURIComponent(text)}`,
          dynamicMetadata: () => text,
        }),
      );
      assert.ok(/^[^\x00-\x1f\x7f]*\n$/.test(line), JSON.stringify(line));
    }),
  );
});

test.run();
