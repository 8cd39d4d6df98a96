import { test } from 'uvu';
import type { Fields } from './bootstraps.js';
import { accepted, bootstrap, cluster, listener, refused, routed, url } from './bootstraps.js';

function header(value: string) {
  const request_headers_to_add = [{ header: { key: 'x', value } }];
  return bootstrap([routed({ route: { cluster: 'a' }, request_headers_to_add })], [cluster('a')]);
}

function log(log_format: Fields) {
  const typed_config = {
    '@type': url('envoy.extensions.access_loggers.stream.v3.StdoutAccessLog'),
    log_format,
  };
  return bootstrap([listener({ access_log: [{ name: 'l', typed_config }] })]);
}

test('formats that Envoy takes', () => {
  const good = [
    '',
    'plain',
    '100%%',
    '%REQ(X?Y):10%',
    '%REQ(:path)%',
    '%START_TIME(%Y-%m-%dT%H:%M:%S.%3fZ)%',
    '%DYNAMIC_METADATA(a:b)%',
    '%PER_REQUEST_STATE(x)%',
    '%FILTER_STATE(a:FIELD:b)%',
    '%RESPONSE_CODE()%',
    '%GRPC_STATUS(SNAKE_STRING)%',
    '%PATH(NQ:ORIG)%',
    '%COMMON_DURATION(DS_RX_BEG:DS_TX_END:us)%',
    '%COALESCE({"operators":["REQ(X)"]})%',
  ];
  for (const text of good) accepted(header(text));
});

test('formats that it refuses', () => {
  const bad = [
    '100%',
    'a % b',
    '%NOPE%',
    '%req(x)%',
    '%REQ%',
    '%REQ()%',
    '%REQ(a b)%',
    '%REQ(A?B?C)%',
    '%REQ(A):x%',
    '%REQ(A',
    '%RESPONSE_CODE(a)%',
    '%RESPONSE_CODE:3%',
    '%START_TIME:3%',
    '%FILTER_STATE(a:NOPE)%',
    '%FILTER_STATE(a:FIELD)%',
    '%GRPC_STATUS(x)%',
    '%PATH(WQ:x)%',
    '%METADATA(route:a)%',
    '%COMMON_DURATION(A:B:x)%',
    '%COALESCE({})%',
  ];
  for (const text of bad) refused(header(text), 'E3028', 'header.value');
});

test('access logs in text and in JSON, at any depth', () => {
  refused(log({ text_format_source: { inline_string: '%NOPE%\n' } }), 'E3028', 'inline_string');
  refused(log({ json_format: { a: { b: ['%NOPE%'] } } }), 'E3028', 'a.b.0');
  accepted(log({ json_format: { a: { b: ['%PROTOCOL%'] }, c: 1 } }));
  const formatters = [{ name: 'f', typed_config: { '@type': url('envoy.extensions.formatter.cel.v3.Cel') } }];
  // The commands of an extension are its own.
  accepted(log({ text_format_source: { inline_string: '%NOPE%' }, formatters }));
});

test.run();
