import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { createListenerFilters } from '../../../runtime/listener/create-listener-filters.js';
import type { Findings, ListenerFilter } from '../../../runtime/listener/listener-filter.js';
import { noFindings } from '../../../runtime/listener/listener-filter.js';
import { createStatsStore } from '../../../runtime/stats/stats-store.js';
import { nonZero } from '../upstream/fixtures.js';

const prefix = 'type.googleapis.com/envoy.extensions.filters.listener.';

function build(type: string, fields: object = {}) {
  const stats = createStatsStore();
  const [filter] = createListenerFilters(
    [{ name: 'f', typed_config: { '@type': prefix + type, ...fields } }],
    stats,
  );
  return { filter: filter as ListenerFilter, stats };
}

function inspect(filter: ListenerFilter, text: string) {
  const findings: Findings = noFindings();
  return { outcome: filter.inspect(Buffer.from(text, 'latin1'), findings), findings };
}

const line = 'PROXY TCP4 192.0.2.1 192.0.2.2 4096 80\r\n';

test('proxy_protocol takes its header away and tells the addresses', () => {
  const { filter, stats } = build('proxy_protocol.v3.ProxyProtocol', { stat_prefix: 's' });
  const { findings, outcome } = inspect(filter, `${line}rest`);
  assert.is(outcome, line.length);
  assert.equal(findings.proxied, {
    remoteAddress: '192.0.2.1',
    remotePort: 4096,
    localAddress: '192.0.2.2',
    localPort: 80,
  });
  assert.equal(nonZero(stats, ''), { 'proxy_proto.s.versions.v1.found': 1 });
});

test('proxy_protocol closes what is none, unless that is allowed', () => {
  const strict = build('proxy_protocol.v3.ProxyProtocol');
  assert.is(inspect(strict.filter, 'GET /').outcome, 'more');
  assert.is(inspect(strict.filter, 'GET / HTTP/1.1\r\n').outcome, 'close');
  assert.is(inspect(strict.filter, 'x'.repeat(108)).outcome, 'close');
  assert.equal(nonZero(strict.stats, ''), { 'proxy_proto.not_found_disallowed': 2 });
  const open = build('proxy_protocol.v3.ProxyProtocol', { allow_requests_without_proxy_protocol: true });
  assert.is(inspect(open.filter, 'G').outcome, 0);
  assert.is(inspect(open.filter, 'P').outcome, 'more');
  assert.is(inspect(open.filter, 'PROXY nonsense\r\n').outcome, 'close');
  assert.equal(nonZero(open.stats, ''), {
    'proxy_proto.not_found_allowed': 1,
    'proxy_proto.versions.v1.error': 1,
  });
});

test('proxy_protocol refuses versions by name', () => {
  const { filter, stats } = build('proxy_protocol.v3.ProxyProtocol', { disallowed_versions: ['V1'] });
  assert.is(inspect(filter, line).outcome, 'close');
  assert.is(stats.counter('proxy_proto.versions.v1.disallowed').value, 1);
});

test('proxy_protocol makes metadata of vectors, and passes on those that are asked for', () => {
  const { filter } = build('proxy_protocol.v3.ProxyProtocol', {
    rules: [
      { tlv_type: 2, on_tlv_present: { key: 'authority' } },
      {
        tlv_type: 0xea,
        on_tlv_present: { key: 'raw', metadata_namespace: 'n', value_string_encoding: 'BASE64' },
      },
      { tlv_type: 3 },
    ],
    pass_through_tlvs: { match_type: 'INCLUDE', tlv_type: [0xea] },
  });
  const body = '\x0a\0\0\x01\x0a\0\0\x02\x10\0\0\x50\x02\0\x04auth\xea\0\x02\xff\0';
  const header = `\r\n\r\n\0\r\nQUIT\n\x21\x11\0${String.fromCharCode(body.length)}${body}`;
  const { findings, outcome } = inspect(filter, header);
  assert.is(outcome, header.length);
  assert.equal(findings.dynamicMetadata, {
    'envoy.filters.listener.proxy_protocol': { authority: 'auth' },
    n: { raw: '/wA=' },
  });
  assert.equal(findings.tlvs, [{ type: 0xea, value: Buffer.from([255, 0]) }]);
});

test('http_inspector tells the version by the first line', () => {
  for (const [text, protocol, outcome] of [
    ['GET / HTTP/1.1\r\n', 'http/1.1', 0],
    ['GET / HTTP/1.0\n', 'http/1.0', 0],
    ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'h2c', 0],
    ['PRI * HT', undefined, 'more'],
    ['GET /long', undefined, 'more'],
    ['GET / HTTP/1.', undefined, 'more'],
    ['GET / HTTP/3', undefined, 0],
    ['get / HTTP/1.1\r\n', undefined, 0],
    ['\x16\x03\x01', undefined, 0],
  ] as const) {
    const { filter } = build('http_inspector.v3.HttpInspector');
    const result = inspect(filter, text);
    assert.is(result.outcome, outcome, text);
    assert.equal(result.findings.hello.applicationProtocols, protocol === undefined ? [] : [protocol], text);
  }
});

test('http_inspector leaves TLS alone', () => {
  const { filter, stats } = build('http_inspector.v3.HttpInspector');
  const findings = { ...noFindings(), isTls: true };
  assert.is(filter.inspect(Buffer.from('GET / HTTP/1.1\r\n'), findings), 0);
  assert.equal(nonZero(stats, ''), {});
});

test('no filter is added by itself', () => {
  assert.equal(createListenerFilters([], createStatsStore()), []);
});

test('tls_inspector refuses a hello beyond max_client_hello_size', () => {
  const { filter, stats } = build('tls_inspector.v3.TlsInspector', { max_client_hello_size: 300 });
  const head = '\x16\x03\x01\x03\xe8\x01\0\x03\xe4';
  assert.is(inspect(filter, head).outcome, 'more');
  assert.is(inspect(filter, head + 'x'.repeat(300)).outcome, 'reject');
  assert.is(stats.counter('tls_inspector.client_hello_too_large').value, 1);
});

test('what is not built is refused by name', () => {
  assert.throws(() => build('original_dst.v3.OriginalDst'), /OriginalDst needs real Envoy/);
});

test.run();
