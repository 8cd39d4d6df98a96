/**
 * Filters of v2, and what they need.
 */
import type { YAMLMap } from 'yaml';
import { isMap, isScalar, isSeq } from 'yaml';
import { MapEdit, nodeOf } from './map-edit.js';
import type { MigrationRule } from './migration-rule.js';
import { any } from './migration-rule.js';

/** Of connections, in the connection manager. */
export const idleTimeout: MigrationRule = (edit, report) => {
  const value = edit.get('idle_timeout');
  if (value === undefined) return;
  report('idle_timeout', 'idle_timeout is common_http_protocol_options.idle_timeout now');
  edit.remove('idle_timeout');
  if (!edit.has('common_http_protocol_options'))
    edit.set('common_http_protocol_options', { idle_timeout: null });
  edit.child('common_http_protocol_options')?.set('idle_timeout', value);
};

/** The direction of traces is that of the listener. */
export const tracing: MigrationRule = (edit, report) => {
  const inner = edit.child('tracing');
  if (inner === undefined || !inner.has('operation_name')) return;
  report('tracing', 'tracing.operation_name is gone: the traffic_direction of the listener says it');
  inner.remove('operation_name');
};

/** Headers that become tags of a trace. */
export const headersForTags: MigrationRule = (edit, report) => {
  const names = edit.items('request_headers_for_tags').map((one) => (isScalar(one) ? String(one.value) : ''));
  if (names.length === 0) return;
  report('request_headers_for_tags', 'request_headers_for_tags are custom_tags now');
  const tags = names.map((name) => ({ tag: name, request_header: { name } }));
  edit.replace('request_headers_for_tags', 'custom_tags', tags);
};

/** A plain percentage -> a fraction. */
export const percentage: MigrationRule = (edit, report) => {
  const value = edit.get('percent');
  if (!isScalar(value)) return;
  report('percent', 'percent is percentage.numerator now');
  edit.replace('percent', 'percentage', { numerator: null });
  edit.child('percentage')?.set('numerator', value);
};

/** The path that the health check filter answers. */
export const healthEndpoint: MigrationRule = (edit, report) => {
  const path = edit.get('endpoint');
  if (!isScalar(path)) return;
  report('endpoint', 'endpoint is a matcher of the header :path now');
  edit.replace('endpoint', 'headers', [{ name: ':path', string_match: { exact: String(path.value) } }]);
};

/** The PROXY protocol is a listener filter, of the whole listener. */
export const proxyProtocol: MigrationRule = (edit, report) => {
  const isOn = (at: MapEdit): boolean =>
    at.text('use_proxy_proto') === 'true' || at.child('use_proxy_proto')?.text('value') === 'true';
  const chains = edit
    .items('filter_chains')
    .filter(isMap)
    .map((one) => new MapEdit(one as YAMLMap));
  const holders = [edit, ...chains].filter((one) => one.has('use_proxy_proto'));
  if (holders.length === 0) return;
  const wanted = holders.some(isOn);
  report('use_proxy_proto', 'use_proxy_proto is the listener filter proxy_protocol now');
  for (const holder of holders) holder.remove('use_proxy_proto');
  if (!wanted) return;
  const filter = nodeOf({
    name: 'envoy.filters.listener.proxy_protocol',
    typed_config: { '@type': `${any}envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol` },
  });
  const list = edit.get('listener_filters');
  if (isSeq(list)) list.items.unshift(filter);
  else {
    edit.set('listener_filters', []);
    const made = edit.get('listener_filters');
    if (isSeq(made)) made.items.push(filter);
  }
};

/** Settings of the old gzip filter that belong to the answers, not to the library. */
const gzipCommon = { content_length: 'min_content_length', content_type: 'content_type' } as const;

const gzipResponse = ['disable_on_etag_header', 'remove_accept_encoding_header'] as const;

/** `envoy.gzip` is the compressor with gzip as its library. */
export const gzip: MigrationRule = (edit, report) => {
  const name = edit.text('name');
  if (name !== 'envoy.gzip' && name !== 'envoy.filters.http.gzip') return;
  report('name', `${name} is envoy.filters.http.compressor now, with gzip as its library`);
  const field = edit.has('config') ? 'config' : 'typed_config';
  const old = edit.child(field) ?? new MapEdit(nodeOf({}) as YAMLMap);
  const [common, response] = [nodeOf({}) as YAMLMap, nodeOf({}) as YAMLMap];
  for (const [from, to] of Object.entries(gzipCommon)) {
    if (old.has(from)) new MapEdit(common).set(to, old.get(from));
  }
  for (const one of gzipResponse) if (old.has(one)) new MapEdit(response).set(one, old.get(one));
  if (common.items.length > 0) new MapEdit(response).set('common_config', common);
  const library = nodeOf({
    '@type': `${any}envoy.extensions.compression.gzip.compressor.v3.Gzip`,
  }) as YAMLMap;
  const out = new MapEdit(library);
  for (const one of ['memory_level', 'window_bits', 'compression_strategy']) {
    if (old.has(one)) out.set(one, old.get(one));
  }
  const level = old.text('compression_level')?.toUpperCase();
  const levels: Readonly<Record<string, string>> = {
    BEST: 'BEST_COMPRESSION',
    SPEED: 'BEST_SPEED',
    DEFAULT: 'DEFAULT_COMPRESSION',
  };
  if (level !== undefined) out.set('compression_level', levels[level] ?? level);
  const config = nodeOf({
    '@type': `${any}envoy.extensions.filters.http.compressor.v3.Compressor`,
  }) as YAMLMap;
  if (response.items.length > 0) new MapEdit(config).set('response_direction_config', response);
  new MapEdit(config).set('compressor_library', { name: 'gzip', typed_config: null });
  new MapEdit(config).child('compressor_library')?.set('typed_config', library);
  edit.set('name', 'envoy.filters.http.compressor');
  if (edit.has(field)) edit.replace(field, 'typed_config', config);
  else edit.set('typed_config', config);
};

/** The script of the Lua filter. */
export const luaCode: MigrationRule = (edit, report) => {
  const code = edit.get('inline_code');
  if (!isScalar(code)) return;
  report('inline_code', 'inline_code is default_source_code.inline_string now');
  edit.replace('inline_code', 'default_source_code', { inline_string: null });
  edit.child('default_source_code')?.set('inline_string', code);
};
