/**
 * E3035: active health checks and outlier detection that Envoy refuses when it builds a cluster.
 */
import { isIP } from 'node:net';
import type { PathStep } from '../../dsl/api/index.js';
import { durationMs } from '../../dsl/api/index.js';
import type { BootstrapView, Message } from './bootstrap-view.js';
import { isSet, listAt, numberAt, textAt, typeOf } from './bootstrap-view.js';
import type { Finding } from './finding.js';

const httpOptions = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

function finding(holder: Message, field: PathStep, message: string, fix: string): Finding {
  const path = field in holder.value ? [...holder.path, field] : holder.path;
  return { code: 'E3035', severity: 'error', path, message, fix };
}

/** Methods whose requests have no body. */
const bodiless: ReadonlySet<string> = new Set(['METHOD_UNSPECIFIED', 'GET', 'HEAD', 'DELETE', 'TRACE']);

function* payload(holder: Message): Generator<Finding> {
  const { text } = holder.value;
  if (!isSet(text) || (textAt(text).length % 2 === 0 && /^[0-9a-fA-F]+$/.test(textAt(text)))) return;
  const message = `'${textAt(text)}' is not hexadecimal: two digits stand for each octet`;
  yield finding(holder, 'text', message, 'write the octets in hexadecimal, or use binary');
}

/** Octets of a payload that is well-formed. */
function lengthOf({ value }: Message): number {
  return isSet(value.binary)
    ? Buffer.from(textAt(value.binary), 'base64').length
    : Math.floor(textAt(value.text).length / 2);
}

function* statuses(http: Message, field: string): Generator<Finding> {
  for (const range of http.list(field)) {
    const start = numberAt(range.value.start) ?? 0;
    const end = numberAt(range.value.end) ?? 0;
    if (start < end && start >= 100 && end <= 600) continue;
    const message = `[${start}, ${end}) is no range of statuses: it begins at 100 or later, ends at 600 or earlier, and is not empty`;
    yield finding(
      range,
      start >= end ? 'end' : start < 100 ? 'start' : 'end',
      message,
      'the end is the first status that is not in it',
    );
  }
}

function* httpCheck(cluster: Message, http: Message): Generator<Finding> {
  const { value } = http;
  const method = textAt(value.method) || 'METHOD_UNSPECIFIED';
  if (isSet(value.send)) {
    if (bodiless.has(method)) {
      const message = `a check by ${method === 'METHOD_UNSPECIFIED' ? 'GET' : method} has no body to send`;
      yield finding(http, 'send', message, 'set method: POST');
    }
    yield* payload(http.at('send'));
  }
  const parts = http.list('receive');
  for (const part of parts) yield* payload(part);
  const size = isSet(value.response_buffer_size) ? (numberAt(value.response_buffer_size) ?? 0) : 1024;
  const expected = parts.reduce((sum, part) => sum + lengthOf(part), 0);
  if (size !== 0 && expected > size) {
    const message = `${expected} octets are expected of an answer of which ${size} are looked at`;
    yield finding(http, 'response_buffer_size', message, `set response_buffer_size: ${expected} or more`);
  }
  yield* statuses(http, 'expected_statuses');
  yield* statuses(http, 'retriable_statuses');
  const socket = cluster.at('transport_socket');
  const isPlain =
    !isSet(cluster.value.transport_socket) || typeOf(socket.value.typed_config).endsWith('.RawBuffer');
  if (value.use_alpn_protocol === true && isPlain) {
    const message = 'use_alpn_protocol without TLS: there is no protocol to be agreed on';
    yield finding(http, 'use_alpn_protocol', message, 'remove it, or set transport_socket');
  }
}

/** Envoy does not refuse it, it crashes. */
function* quic(cluster: Message, http: Message): Generator<Finding> {
  const type = typeOf(cluster.at('transport_socket').value.typed_config);
  if (http.value.codec_client_type !== 'HTTP3' || type.endsWith('.QuicUpstreamTransport')) return;
  const message = 'a check over HTTP/3 needs a transport socket of QUIC';
  yield finding(http, 'codec_client_type', message, 'take HTTP1 or HTTP2');
}

function speaksHttp2({ value }: Message): boolean {
  const options = (value.typed_extension_protocol_options ?? {}) as Readonly<Record<string, unknown>>;
  const message = (options[httpOptions] ?? {}) as Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  return (
    isSet(value.http2_protocol_options) ||
    isSet(message.auto_config) ||
    isSet(message.explicit_http_config?.http2_protocol_options) ||
    isSet(message.use_downstream_protocol_config?.http2_protocol_options)
  );
}

function* activeChecks(cluster: Message): Generator<Finding> {
  for (const check of cluster.list('health_checks')) {
    const { value } = check;
    if (isSet(value.http_health_check)) {
      yield* httpCheck(cluster, check.at('http_health_check'));
      yield* quic(cluster, check.at('http_health_check'));
    }
    if (isSet(value.tcp_health_check)) {
      const tcp = check.at('tcp_health_check');
      if (isSet(tcp.value.send)) yield* payload(tcp.at('send'));
      for (const part of tcp.list('receive')) yield* payload(part);
    }
    if (isSet(value.grpc_health_check) && !speaksHttp2(cluster)) {
      yield finding(
        check,
        'grpc_health_check',
        'gRPC needs a cluster that speaks HTTP/2',
        'set explicit_http_config: { http2_protocol_options: {} } in its HttpProtocolOptions',
      );
    }
  }
}

function* endpointChecks(cluster: Message): Generator<Finding> {
  const isStatic = (cluster.value.type ?? 'STATIC') === 'STATIC';
  for (const locality of cluster.at('load_assignment').list('endpoints')) {
    for (const entry of locality.list('lb_endpoints')) {
      const endpoint = entry.at('endpoint');
      const config = endpoint.at('health_check_config');
      if (!isSet(endpoint.value.health_check_config)) continue;
      const { address, port_value: port } = config.value;
      const target = config.at('address');
      const isPipe = isSet(endpoint.at('address').value.pipe) || isSet(target.value.pipe);
      if (isPipe && (numberAt(port) ?? 0) !== 0) {
        const message = 'the path of a pipe has no port';
        yield finding(config, 'port_value', message, 'remove port_value');
      }
      const socket = target.at('socket_address');
      // Of the DNS types, Envoy finds out when it has the answer.
      if (!isStatic || !isSet(address) || !isSet(target.value.socket_address)) continue;
      if (isIP(textAt(socket.value.address)) === 0) {
        const message = `checks go to an IP address, '${textAt(socket.value.address)}' is none`;
        yield finding(socket, 'address', message, 'write the address, or only port_value');
      }
    }
  }
}

function* outlierDetection(cluster: Message): Generator<Finding> {
  const detection = cluster.at('outlier_detection');
  const { base_ejection_time: base, max_ejection_time: max } = detection.value;
  if (!isSet(max)) return;
  const baseMs = isSet(base) ? durationMs(textAt(base)) : 30_000;
  if (durationMs(textAt(max)) >= baseMs) return;
  const message = `max_ejection_time is shorter than base_ejection_time (${baseMs / 1000} s)`;
  yield finding(detection, 'max_ejection_time', message, 'make it as long, or leave it out: 300 s');
}

export function* healthChecks(view: BootstrapView): Generator<Finding> {
  for (const cluster of view.clusters) {
    yield* activeChecks(cluster);
    if (listAt(cluster.at('load_assignment').value.endpoints).length > 0) yield* endpointChecks(cluster);
    yield* outlierDetection(cluster);
  }
}
