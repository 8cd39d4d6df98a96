/**
 * `Cluster.health_checks` -> the checker of the cluster.
 */
import type { Clock } from '../../common/clock.js';
import type { Fields } from '../../common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf, typeNameOf } from '../../common/message-fields.js';
import { toOctets } from '../../common/octet-text.js';
import type { AccessLogFiles } from '../../access-log/create-access-loggers.js';
import { openFile } from '../../access-log/create-access-loggers.js';
import { createHttp1ClientConnection } from '../../http/http1/client-connection.js';
import type { Http1ClientOptions } from '../../http/http1/http1-options.js';
import { under } from '../../network/config-path.js';
import { ConfigError } from '../../network/filter.js';
import { compileHeaderMutation } from '../../route/compile-header-mutation.js';
import { compileStringMatcher } from '../../route/compile-string-matcher.js';
import type { StatsScope } from '../../stats/stat.js';
import type { Host } from '../host/host.js';
import type { EventLog } from '../outlier/outlier-event-log.js';
import type { CheckOptions } from './active-health-checker.js';
import { ActiveHealthChecker } from './active-health-checker.js';
import type { CheckCodec } from './check-connection.js';
import type { CheckConnector } from './check-connector.js';
import type { ExchangeOptions } from './exchange-probe.js';
import { GrpcProbe } from './grpc-probe.js';
import type { HealthCheckSettings } from './health-check-settings.js';
import { readHealthCheckSettings } from './health-check-settings.js';
import type { HealthCheckStats } from './health-check-stats.js';
import { createHealthCheckGauges, createHealthCheckStats } from './health-check-stats.js';
import type {
  HealthChecker,
  HealthCheckerCallbacks,
  HealthCheckerType,
  HealthProbeFactory,
} from './health-checker.js';
import type { HealthEvent } from './health-event-log.js';
import { healthEventText } from './health-event-log.js';
import { HttpProbe } from './http-probe.js';
import { createNodeHttp2Connection } from './node-http2-connection.js';
import { readPayload, readPayloads } from './payload.js';
import { proxyProtocolHeader } from './proxy-protocol-header.js';
import { readStatusRanges } from './status-ranges.js';
import { TcpProbe } from './tcp-probe.js';

export interface HealthCheckerDependencies {
  readonly clock: Clock;
  /** Of [0, 1). */
  readonly random: () => number;
  readonly stats: StatsScope;
  /** `cluster.<name>.` */
  readonly statPrefix: string;
  /** Of the logs of events. */
  readonly logFiles: AccessLogFiles | undefined;
  /** How the cluster connects. */
  readonly connect: CheckConnector;
  readonly isTls: boolean;
  readonly http1: Http1ClientOptions;
  /** The cluster has had a connection, ever. */
  readonly hasTraffic: () => boolean;
  readonly callbacks: HealthCheckerCallbacks;
  /** Instead of the probes that the configuration asks for. */
  readonly createProbe?: HealthProbeFactory | undefined;
}

const fileSink = 'envoy.extensions.health_check.event_sinks.file.v3.HealthCheckEventFileSink';
const oneKibibyte = 1024;
/** Of HTTP: a request of these has no body to put `send` in. */
const bodilessMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'DELETE', 'TRACE']);

/** `event_log_path` and `event_logger`: a line goes to each of them. */
function openEventLogs(check: Fields, files: AccessLogFiles | undefined): EventLog | undefined {
  const logs: EventLog[] = [];
  const open = (path: string, ...steps: (string | number)[]): void => {
    if (files === undefined || path === '') return;
    const file = under(() => openFile(files, path), ...steps);
    logs.push((line) => file.write(line));
  };
  open(textOf(check.event_log_path), 'event_log_path');
  for (const [at, logger] of messagesOf(check.event_logger).entries()) {
    const typed = messageOf(logger.typed_config);
    if (typeNameOf(typed) !== fileSink) {
      const message = `the event sink ${typeNameOf(typed)} needs real Envoy`;
      throw new ConfigError(message, ['event_logger', at, 'typed_config'], true);
    }
    open(textOf(typed.event_log_path), 'event_logger', at, 'typed_config', 'event_log_path');
  }
  if (logs.length === 0) return undefined;
  return (line) => {
    for (const log of logs) log(line);
  };
}

type Common = Omit<ExchangeOptions, 'createCodec'> & { readonly scheme: 'http' | 'https' };

function httpProbes(
  check: Fields,
  clusterName: string,
  common: Common,
  onServiceNameVerified: () => void,
  { clock, http1 }: HealthCheckerDependencies,
): HealthProbeFactory {
  const http = messageOf(check.http_health_check);
  const isHttp2 = textOf(http.codec_client_type, 'HTTP1') === 'HTTP2';
  const createCodec: CheckCodec = isHttp2
    ? createNodeHttp2Connection
    : (socket, callbacks) => createHttp1ClientConnection(socket, http1, callbacks);
  const given = textOf(http.method, 'METHOD_UNSPECIFIED');
  const method = given === 'METHOD_UNSPECIFIED' ? 'GET' : given;
  if (http.send !== undefined && bodilessMethods.has(method)) {
    throw new ConfigError(
      `HTTP health check cannot specify a request payload with method '${method}'. Only methods that support a request body (POST, PUT, PATCH, OPTIONS) can be used with payload.`,
      ['send'],
    );
  }
  const send = http.send === undefined ? undefined : under(() => readPayload(messageOf(http.send)), 'send');
  const receive = under(() => readPayloads(http.receive), 'receive');
  const responseBufferSize = numberOf(http.response_buffer_size, oneKibibyte);
  const expected = receive.reduce((sum, { length }) => sum + length, 0);
  if (responseBufferSize !== 0 && expected > responseBufferSize) {
    throw new ConfigError(
      `The expected response length '${expected}' is over than http health response buffer size '${responseBufferSize}'`,
      ['response_buffer_size'],
    );
  }
  const ranges = messagesOf(http.expected_statuses);
  const options = {
    ...common,
    createCodec,
    protocol: isHttp2 ? ('HTTP/2' as const) : ('HTTP/1.1' as const),
    method,
    path: toOctets(textOf(http.path)),
    authority: toOctets(textOf(http.host)) || clusterName,
    requestHeaders: compileHeaderMutation(http, 'request'),
    send: send?.length === 0 ? undefined : send,
    receive,
    responseBufferSize,
    isExpected:
      ranges.length === 0
        ? (status: number) => status === 200
        : under(() => readStatusRanges(ranges, 'expected'), 'expected_statuses'),
    isRetriable: under(() => readStatusRanges(http.retriable_statuses, 'retriable'), 'retriable_statuses'),
    serviceName:
      http.service_name_matcher === undefined
        ? undefined
        : under(() => compileStringMatcher(http.service_name_matcher), 'service_name_matcher'),
    onServiceNameVerified,
    wallTime: () => clock.wallTime(),
  };
  return (host, callbacks) => new HttpProbe(host, callbacks, options);
}

function tcpProbes(check: Fields, { connect, protocols, reuseConnection }: Common): HealthProbeFactory {
  const tcp = messageOf(check.tcp_health_check);
  const payload = messageOf(tcp.send);
  const options = {
    connect,
    protocols,
    reuseConnection,
    // As in Envoy 1.40, `binary` is not sent.
    send: textOf(payload.text) === '' ? undefined : under(() => readPayload(payload), 'send'),
    receive: under(() => readPayloads(tcp.receive), 'receive'),
    proxyProtocolHeader: proxyProtocolHeader(tcp.proxy_protocol_config),
  };
  return (host, callbacks) => new TcpProbe(host, callbacks, options);
}

function grpcProbes(
  check: Fields,
  clusterName: string,
  common: Common,
  { timeoutMs }: HealthCheckSettings,
  { clock }: HealthCheckerDependencies,
): HealthProbeFactory {
  const grpc = messageOf(check.grpc_health_check);
  const metadata = { request_headers_to_add: grpc.initial_metadata };
  const options = {
    ...common,
    createCodec: createNodeHttp2Connection,
    authority: toOctets(textOf(grpc.authority)) || clusterName,
    serviceName: textOf(grpc.service_name),
    requestHeaders: compileHeaderMutation(metadata, 'request'),
    timeoutMs,
    wallTime: () => clock.wallTime(),
  };
  return (host, callbacks) => new GrpcProbe(host, callbacks, options);
}

/**
 * Everything that may be refused, now; the statistics when all of the configuration was found good.
 * @param name where there are several
 */
function compileCheck(
  check: Fields,
  cluster: Fields,
  name: string | undefined,
  dependencies: HealthCheckerDependencies,
): () => CheckOptions {
  const { clock, connect, hasTraffic, isTls, logFiles, random, statPrefix, stats: scope } = dependencies;
  const settings = readHealthCheckSettings(check, random);
  const clusterName = textOf(cluster.name);
  let stats: HealthCheckStats | undefined;
  const common = {
    connect,
    protocols: messageOf(check.tls_options).alpn_protocols as readonly string[] | undefined,
    scheme: isTls ? ('https' as const) : ('http' as const),
    reuseConnection: settings.reuseConnection,
    onProtocolError: () => scope.counter(`${statPrefix}upstream_cx_protocol_error`).inc(),
  };
  let type: HealthCheckerType;
  let createProbe: HealthProbeFactory;
  if (check.http_health_check !== undefined) {
    type = 'HTTP';
    createProbe = under(
      () => httpProbes(check, clusterName, common, () => stats?.verifyCluster.inc(), dependencies),
      'http_health_check',
    );
  } else if (check.tcp_health_check !== undefined) {
    type = 'TCP';
    createProbe = under(() => tcpProbes(check, common), 'tcp_health_check');
  } else if (check.grpc_health_check !== undefined) {
    type = 'GRPC';
    createProbe = under(
      () => grpcProbes(check, clusterName, common, settings, dependencies),
      'grpc_health_check',
    );
  } else {
    throw new ConfigError('this kind of health check needs real Envoy', ['custom_health_check'], true);
  }
  const eventLog = openEventLogs(check, logFiles);
  const log = (host: Host, event: HealthEvent): void =>
    eventLog?.(`${healthEventText(type, clusterName, host, clock.wallTime(), event)}\n`);
  return () => {
    stats = createHealthCheckStats(statPrefix, name, scope);
    return { settings, stats, clock, createProbe: dependencies.createProbe ?? createProbe, hasTraffic, log };
  };
}

const optionsName = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/** Whether connections to the cluster may be of HTTP/2. */
function speaksHttp2(config: Fields): boolean {
  const options = messageOf(messageOf(config.typed_extension_protocol_options)[optionsName]);
  return (
    config.http2_protocol_options !== undefined ||
    options.auto_config !== undefined ||
    messageOf(options.explicit_http_config).http2_protocol_options !== undefined ||
    messageOf(options.use_downstream_protocol_config).http2_protocol_options !== undefined
  );
}

/**
 * @returns undefined when the cluster has no checks
 * @throws ConfigError with the path inside the cluster
 */
export function createHealthChecker(
  cluster: unknown,
  dependencies: HealthCheckerDependencies,
): HealthChecker | undefined {
  const config = messageOf(cluster);
  const checks = messagesOf(config.health_checks);
  if (checks.length === 0) return undefined;
  const name = textOf(config.name);
  const isGroup = checks.length > 1;
  for (const [at, check] of checks.entries()) {
    if (!isGroup || textOf(check.name) !== '') continue;
    throw new ConfigError(
      `health check at index ${at} is missing a name; all health checks must have a name when multiple health checks are configured`,
      ['health_checks', at],
    );
  }
  for (const [at, { grpc_health_check: grpc }] of checks.entries()) {
    if (grpc === undefined || speaksHttp2(config)) continue;
    const message = `${name} cluster must support HTTP/2 for gRPC healthchecking`;
    throw new ConfigError(message, ['health_checks', at, 'grpc_health_check']);
  }
  const compiled = checks.map((check, at) =>
    under(
      () => compileCheck(check, config, isGroup ? textOf(check.name) : undefined, dependencies),
      'health_checks',
      at,
    ),
  );
  return new ActiveHealthChecker({
    checks: compiled.map((complete) => complete()),
    groupGauges: isGroup ? createHealthCheckGauges(dependencies.statPrefix, dependencies.stats) : undefined,
    ignoreNewHosts: messageOf(config.common_lb_config).ignore_new_hosts_until_first_hc === true,
    callbacks: dependencies.callbacks,
  });
}
