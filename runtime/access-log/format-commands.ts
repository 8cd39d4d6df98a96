/**
 * The command operators of format strings: a name with its argument (`REQ`, `X?Y`) -> a function of the stream. Names,
 * types and what stands for absent values are Envoy's.
 */
import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { ipOf, portOf } from '../common/address-text.js';
import { getHeader } from '../common/header-list.js';
import { toOctets } from '../common/octet-text.js';
import type { ResponseFlag, StreamInfo } from '../common/stream-info.js';
import { ConfigError } from '../network/filter.js';
import { grpcStatusName, grpcStatusOf } from './grpc-status.js';
import { responseFlagNames } from './response-flag-names.js';
import { timeCommand } from './time-command.js';
import { attemptCommands, nameWithoutPort } from './attempt-commands.js';
import { timingCommands } from './timing-commands.js';
import { tlsCommands } from './tls-commands.js';

/** undefined: there is no such value (`-` in a text, null in JSON). Objects are parts of dynamic metadata. */
export type Value = string | number | boolean | object | undefined;
export type ValueOf = (info: StreamInfo) => Value;

/** Where the format stands: in an access log, or in the value of a header. */
export type FormatUse = 'log' | 'header';

export interface CommandRules {
  /** Whether something stands in parentheses. */
  readonly argument: 'none' | 'optional' | 'required';
  /** Whether `:length` may follow. */
  readonly length: boolean;
  /** Values may hold line ends or other control characters, because no codec has checked them. */
  readonly unchecked?: boolean;
  make(argument: string, use: FormatUse): ValueOf;
}

/** Empty texts are absent values for most commands. */
const orNone = (text: string | undefined): string | undefined => (text === '' ? undefined : text);
const wholeMs = (ms: number | undefined): number | undefined =>
  ms === undefined ? undefined : Math.floor(ms);
const underscored = (text: string | undefined): string | undefined => orNone(text?.replaceAll(/\s/g, '_'));

const remoteOf = (info: StreamInfo): string | undefined =>
  'upstreamRemoteAddress' in info ? info.upstreamRemoteAddress : info.upstreamHost;

function joinFlags(flags: ReadonlySet<ResponseFlag>, nameOf: (flag: ResponseFlag) => string): string {
  let joined = '';
  // In the order in which they were set, as Envoy prints them.
  for (const flag of flags) joined += joined === '' ? nameOf(flag) : `,${nameOf(flag)}`;
  return joined === '' ? '-' : joined;
}

const shortName = (flag: ResponseFlag): string => flag;
const longName = (flag: ResponseFlag): string => responseFlagNames[flag];

/** A header of the request, pseudo headers included; of repeats the first. @param name lower case */
function requestHeader(info: StreamInfo, name: string): string | undefined {
  switch (name) {
    case ':method':
      return orNone(info.method);
    case ':path':
      return orNone(info.path);
    case ':scheme':
      return orNone(info.scheme);
    case ':authority':
    case 'host':
      // An empty one is one, too.
      return getHeader(info.requestHeaders, 'host') === undefined ? orNone(info.authority) : info.authority;
    default:
      return getHeader(info.requestHeaders, name);
  }
}

function responseHeader(info: StreamInfo, name: string): string | undefined {
  if (name === ':status') return info.responseCode === 0 ? undefined : String(info.responseCode);
  return getHeader(info.responseHeaders, name);
}

const responseTrailer = (info: StreamInfo, name: string): string | undefined =>
  getHeader(info.responseTrailers, name);

const noArgument = (make: ValueOf): CommandRules => ({ argument: 'none', length: false, make: () => make });
const unknown = noArgument(() => undefined);

/** `X?Y`: the first, or the second where the first is absent. */
function headerCommand(header: (info: StreamInfo, name: string) => string | undefined): CommandRules {
  return {
    argument: 'required',
    length: true,
    make(argument) {
      const names = argument.split('?').map((name) => name.toLowerCase());
      if (names.length > 2) {
        throw new ConfigError(`More than 1 alternative header specified in token: ${argument}`);
      }
      const [first = '', second = ''] = names;
      if (second === '') return (info) => header(info, first);
      return (info) => header(info, first) ?? header(info, second);
    },
  };
}

type PathOf = (info: StreamInfo) => string | undefined;

const currentPath: PathOf = (info) => orNone(info.path);
const originalPath: PathOf = (info) => getHeader(info.requestHeaders, 'x-envoy-original-path');
const paths: Readonly<Record<string, PathOf>> = {
  '': (info) => originalPath(info) ?? currentPath(info),
  ORIG_OR_PATH: (info) => originalPath(info) ?? currentPath(info),
  ORIG: originalPath,
  PATH: currentPath,
};

function pathChoice(which: string): PathOf {
  const found = paths[which];
  if (found !== undefined) return found;
  throw new ConfigError(`Invalid PATH option: '${which}', only 'ORIG'/'PATH'/'ORIG_OR_PATH' are allowed`);
}

function pathCommand(argument: string): ValueOf {
  const [query = '', which = ''] = argument.split(':');
  if (query !== '' && query !== 'WQ' && query !== 'NQ') {
    throw new ConfigError(`Invalid PATH option: '${query}', only 'WQ'/'NQ' are allowed`);
  }
  const pathOf = pathChoice(which);
  return query === 'NQ' ? (info) => pathOf(info)?.split('?', 1)[0] : pathOf;
}

function queryOf(path: string | undefined): string | undefined {
  const at = path?.indexOf('?') ?? -1;
  return at < 0 ? undefined : path?.slice(at + 1);
}

const decoded = (text: string): string =>
  text.replaceAll(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

function queryParameterCommand(argument: string): ValueOf {
  const [name = '', which = ''] = argument.split(':');
  // Envoy takes what is no choice for none.
  const pathOf = paths[which] ?? pathChoice('');
  const wanted = toOctets(name);
  return (info) => {
    for (const pair of queryOf(pathOf(info))?.split('&') ?? []) {
      const equals = pair.indexOf('=');
      const key = equals < 0 ? pair : pair.slice(0, equals);
      if (decoded(key) === wanted) return equals < 0 ? '' : decoded(pair.slice(equals + 1));
    }
    return undefined;
  };
}

function grpcStatusCommand(argument: string): ValueOf {
  if (argument === 'NUMBER') return grpcStatusOf;
  const snake = argument === 'SNAKE_STRING';
  if (argument !== '' && argument !== 'CAMEL_STRING' && !snake) {
    throw new ConfigError(
      `GrpcStatusFormatter only supports CAMEL_STRING, SNAKE_STRING or NUMBER, not ${argument}`,
    );
  }
  return (info) => {
    const status = grpcStatusOf(info);
    return status === undefined ? undefined : grpcStatusName(status, snake);
  };
}

function dynamicMetadataCommand(argument: string): ValueOf {
  const [filter = '', ...path] = argument.split(':');
  return (info) => info.dynamicMetadata(filter, path) as Value;
}

/** `HeaderMap::byteSize`: names and values, pseudo headers included. */
function bytesOf(headers: readonly string[]): number {
  let sum = 0;
  for (const text of headers) sum += text.length;
  return sum;
}

function requestHeadersBytes({ method, path, requestHeaders, scheme }: StreamInfo): number {
  const pseudo: string[] = [];
  if (method !== '') pseudo.push(':method', method);
  if (path !== '') pseudo.push(':path', path);
  if (scheme !== '') pseudo.push(':scheme', scheme);
  // `host` stands in the list, and is called `:authority` in Envoy's.
  const host = getHeader(requestHeaders, 'host') === undefined ? 0 : ':authority'.length - 'host'.length;
  return bytesOf(requestHeaders) + bytesOf(pseudo) + host;
}

function configuredMetadataCommand(source: 'route' | 'cluster' | 'host', argument: string): ValueOf {
  const [namespace = '', ...path] = argument.split(':');
  return (info) => info.configuredMetadata?.(source, namespace, path) as Value;
}

const metadataSources = { ROUTE: 'route', CLUSTER: 'cluster', UPSTREAM_HOST: 'host' } as const;
const metadataOnlyInEnvoy: ReadonlySet<string> = new Set([
  'VIRTUAL_HOST',
  'LISTENER',
  'LISTENER_FILTER_CHAIN',
]);

/** `%METADATA(DYNAMIC:...)%` and that of the configuration. */
function metadataCommand(argument: string): ValueOf {
  const [source = ''] = argument.split(':', 1);
  const rest = argument.slice(source.length + 1);
  if (source === 'DYNAMIC') return dynamicMetadataCommand(rest);
  if (Object.hasOwn(metadataSources, source)) {
    return configuredMetadataCommand(metadataSources[source as keyof typeof metadataSources], rest);
  }
  if (metadataOnlyInEnvoy.has(source))
    throw new ConfigError(`%METADATA(${source})% needs real Envoy`, [], true);
  throw new ConfigError(`${source} is not supported type of metadata`);
}

const configuredMetadata = (source: 'route' | 'cluster' | 'host'): CommandRules => ({
  argument: 'required',
  length: true,
  unchecked: true,
  make: (argument) => configuredMetadataCommand(source, argument),
});

type HostOf = (info: StreamInfo) => string | undefined;

const currentHost: HostOf = (info) => orNone(info.authority);
const originalHost: HostOf = (info) => getHeader(info.requestHeaders, 'x-envoy-original-host');
const hosts: Readonly<Record<string, HostOf>> = {
  '': (info) => originalHost(info) ?? currentHost(info),
  ORIG_OR_HOST: (info) => originalHost(info) ?? currentHost(info),
  HOST: currentHost,
  ORIG: originalHost,
};

/** The server name, or the host of the request, or whichever of them is there. */
function serverNameCommand(argument: string): ValueOf {
  const [which = '', ofHost = ''] = argument.split(':');
  const name = (info: StreamInfo): string | undefined => orNone(info.requestedServerName);
  const host = Object.hasOwn(hosts, ofHost) ? hosts[ofHost] : undefined;
  if (host === undefined) {
    throw new ConfigError(
      `Invalid REQUESTED_SERVER_NAME option: '${ofHost}', only 'ORIG_OR_HOST'/'HOST'/'ORIG' are allowed`,
    );
  }
  switch (which) {
    case '':
    case 'SNI_ONLY':
      return name;
    case 'SNI_FIRST':
      return (info) => name(info) ?? host(info);
    case 'HOST_FIRST':
      return (info) => host(info) ?? name(info);
    default:
      throw new ConfigError(
        `Invalid REQUESTED_SERVER_NAME option: '${which}', only 'SNI_ONLY'/'SNI_FIRST'/'HOST_FIRST' are allowed`,
      );
  }
}

/** Nothing here sets filter state: only the argument is looked at. */
function filterStateCommand(argument: string): ValueOf {
  const [, kind = 'TYPED', field] = argument.split(':');
  if (kind !== 'PLAIN' && kind !== 'TYPED' && kind !== 'FIELD') {
    throw new ConfigError('Invalid filter state serialize type, only support PLAIN/TYPED/FIELD.');
  }
  if ((kind === 'FIELD') === (field === undefined)) {
    throw new ConfigError('Invalid filter state serialize type, FIELD should be used with the field name.');
  }
  return () => undefined;
}

const commands: Readonly<Record<string, CommandRules>> = {
  ...tlsCommands,
  ...timingCommands,
  ...attemptCommands,
  REQ: headerCommand(requestHeader),
  RESP: headerCommand(responseHeader),
  TRAILER: headerCommand(responseTrailer),
  REQUEST_HEADER: headerCommand(requestHeader),
  RESPONSE_HEADER: headerCommand(responseHeader),
  RESPONSE_TRAILER: headerCommand(responseTrailer),
  START_TIME: timeCommand((info) => info.startTime),
  EMIT_TIME: timeCommand((info) => info.startTime + (info.durationMs ?? 0)),
  PROTOCOL: noArgument((info) => orNone(info.protocol)),
  RESPONSE_CODE: noArgument((info) => info.responseCode),
  RESPONSE_CODE_DETAILS: {
    argument: 'optional',
    length: false,
    make: (argument) =>
      argument === 'ALLOW_WHITESPACES'
        ? (info) => orNone(info.responseCodeDetails)
        : (info) => underscored(info.responseCodeDetails),
  },
  RESPONSE_FLAGS: noArgument((info) => joinFlags(info.flags, shortName)),
  RESPONSE_FLAGS_LONG: noArgument((info) => joinFlags(info.flags, longName)),
  BYTES_RECEIVED: noArgument((info) => info.bytesReceived),
  BYTES_SENT: noArgument((info) => info.bytesSent),
  DURATION: noArgument((info) => wholeMs(info.durationMs)),
  REQUEST_DURATION: noArgument((info) => wholeMs(info.requestDurationMs)),
  RESPONSE_DURATION: noArgument((info) => wholeMs(info.responseDurationMs)),
  RESPONSE_TX_DURATION: noArgument((info) =>
    info.durationMs === undefined || info.responseDurationMs === undefined
      ? undefined
      : Math.floor(info.durationMs - info.responseDurationMs),
  ),
  UPSTREAM_HOST: noArgument((info) => orNone(info.upstreamHost)),
  UPSTREAM_REMOTE_ADDRESS: noArgument((info) => orNone(remoteOf(info))),
  UPSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: noArgument((info) => ipOf(remoteOf(info))),
  UPSTREAM_REMOTE_PORT: noArgument((info) => portOf(remoteOf(info))),
  UPSTREAM_CLUSTER: noArgument((info) => orNone(info.upstreamObservabilityName ?? info.upstreamCluster)),
  UPSTREAM_CLUSTER_RAW: noArgument((info) => orNone(info.upstreamCluster)),
  UPSTREAM_LOCAL_ADDRESS: noArgument((info) => orNone(info.upstreamLocalAddress)),
  UPSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: noArgument((info) => ipOf(info.upstreamLocalAddress)),
  UPSTREAM_LOCAL_PORT: noArgument((info) => portOf(info.upstreamLocalAddress)),
  UPSTREAM_TRANSPORT_FAILURE_REASON: noArgument((info) => underscored(info.upstreamTransportFailureReason)),
  UPSTREAM_REQUEST_ATTEMPT_COUNT: noArgument((info) => info.upstreamRequestAttemptCount),
  DOWNSTREAM_REMOTE_ADDRESS: noArgument((info) => orNone(info.downstreamRemoteAddress)),
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: noArgument((info) => ipOf(info.downstreamRemoteAddress)),
  DOWNSTREAM_REMOTE_PORT: noArgument((info) => portOf(info.downstreamRemoteAddress)),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS: noArgument((info) => orNone(info.downstreamDirectRemoteAddress)),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT: noArgument((info) =>
    ipOf(info.downstreamDirectRemoteAddress),
  ),
  DOWNSTREAM_DIRECT_REMOTE_PORT: noArgument((info) => portOf(info.downstreamDirectRemoteAddress)),
  DOWNSTREAM_LOCAL_ADDRESS: noArgument((info) => orNone(info.downstreamLocalAddress)),
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: noArgument((info) => ipOf(info.downstreamLocalAddress)),
  DOWNSTREAM_LOCAL_PORT: noArgument((info) => portOf(info.downstreamLocalAddress)),
  REQUESTED_SERVER_NAME: {
    argument: 'optional',
    length: false,
    unchecked: true,
    make: serverNameCommand,
  },
  ROUTE_NAME: noArgument((info) => orNone(info.routeName)),
  CONNECTION_TERMINATION_DETAILS: noArgument((info) => orNone(info.connectionTerminationDetails)),
  CONNECTION_ID: noArgument((info) => info.connectionId),
  HOSTNAME: noArgument(() => hostname()),
  STREAM_ID: noArgument((info) => info.streamId ?? getHeader(info.requestHeaders, 'x-request-id')),
  ACCESS_LOG_TYPE: {
    argument: 'none',
    length: false,
    make: (_argument, use) => (info) => (use === 'log' ? (info.accessLogType ?? 'DownstreamEnd') : 'NotSet'),
  },
  PATH: { argument: 'optional', length: true, make: pathCommand },
  QUERY_PARAM: { argument: 'required', length: true, unchecked: true, make: queryParameterCommand },
  QUERY_PARAMS: {
    argument: 'optional',
    length: true,
    make(argument) {
      const chosen = pathChoice(argument);
      // Unlike %PATH%, where there is no original path the current one stands for it.
      return (info) => queryOf(chosen(info) ?? currentPath(info));
    },
  },
  GRPC_STATUS: { argument: 'optional', length: false, make: grpcStatusCommand },
  GRPC_STATUS_NUMBER: noArgument(grpcStatusOf),
  DYNAMIC_METADATA: { argument: 'required', length: true, unchecked: true, make: dynamicMetadataCommand },
  ENVIRONMENT: {
    argument: 'required',
    length: true,
    unchecked: true,
    make(argument) {
      const value = toOctets(process.env[argument] ?? '-');
      return () => value;
    },
  },
  METADATA: { argument: 'required', length: true, unchecked: true, make: metadataCommand },
  UNIQUE_ID: noArgument(() => randomUUID()),
  UPSTREAM_HOST_NAME: noArgument((info) => orNone(info.upstreamHostName)),
  UPSTREAM_HOST_NAME_WITHOUT_PORT: noArgument((info) =>
    info.upstreamHostName === undefined ? undefined : orNone(nameWithoutPort(info.upstreamHostName)),
  ),
  UPSTREAM_PROTOCOL: noArgument((info) => orNone(info.upstreamProtocol)),
  UPSTREAM_CONNECTION_ID: noArgument((info) => info.upstreamConnectionId ?? 0),
  FILTER_CHAIN_NAME: noArgument((info) => orNone(info.filterChainName)),
  CLUSTER_METADATA: configuredMetadata('cluster'),
  UPSTREAM_METADATA: configuredMetadata('host'),
  START_TIME_LOCAL: timeCommand((info) => info.startTime, true),
  EMIT_TIME_LOCAL: timeCommand((info) => info.startTime + (info.durationMs ?? 0), true),
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS: noArgument((info) => orNone(info.downstreamLocalAddress)),
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS_WITHOUT_PORT: noArgument((info) => ipOf(info.downstreamLocalAddress)),
  DOWNSTREAM_DIRECT_LOCAL_PORT: noArgument((info) => portOf(info.downstreamLocalAddress)),
  DOWNSTREAM_WIRE_BYTES_RECEIVED: noArgument((info) => info.wireBytesReceived),
  DOWNSTREAM_WIRE_BYTES_SENT: noArgument((info) => info.wireBytesSent),
  REQUEST_HEADERS_BYTES: noArgument(requestHeadersBytes),
  RESPONSE_HEADERS_BYTES: noArgument((info) =>
    info.responseHeaders.length === 0 ? 0 : bytesOf(info.responseHeaders) + ':status200'.length,
  ),
  RESPONSE_TRAILERS_BYTES: noArgument((info) => bytesOf(info.responseTrailers)),
  // Nothing here sets these, so their value is always the absent one.
  FILTER_STATE: { argument: 'required', length: true, make: filterStateCommand },
  UPSTREAM_FILTER_STATE: { argument: 'required', length: true, make: filterStateCommand },
  // Of addresses inside Envoy, and of QUIC: there are none.
  DOWNSTREAM_LOCAL_ADDRESS_ENDPOINT_ID: noArgument(() => ''),
  DOWNSTREAM_DIRECT_LOCAL_ADDRESS_ENDPOINT_ID: noArgument(() => ''),
  UPSTREAM_REMOTE_ADDRESS_ENDPOINT_ID: noArgument((info) => (remoteOf(info) === undefined ? undefined : '')),
  BYTES_RETRANSMITTED: noArgument(() => 0),
  PACKETS_RETRANSMITTED: noArgument(() => 0),
  TLS_JA3_FINGERPRINT: unknown,
  TLS_JA4_FINGERPRINT: unknown,
  ROUNDTRIP_DURATION: unknown,
  VIRTUAL_CLUSTER_NAME: unknown,
  DOWNSTREAM_TRANSPORT_FAILURE_REASON: unknown,
  TRACE_ID: noArgument((info) => orNone(info.traceId)),
  SPAN_ID: noArgument((info) => orNone(info.spanId)),
  CUSTOM_FLAGS: noArgument(() => ''),
  // Empty in a log, so that no body can forge a line.
  LOCAL_REPLY_BODY: noArgument((info) => info.localReplyBody ?? ''),
};

/** What Envoy has besides: recognised, to be refused in other words than a misspelt name. */
const onlyInEnvoy: ReadonlySet<string> = new Set(
  `CEL COALESCE LISTENER_NAME
  DOWNSTREAM_CX_RTT DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT
  DOWNSTREAM_DETECTED_CLOSE_TYPE DOWNSTREAM_HANDSHAKE_DURATION DOWNSTREAM_HEADER_BYTES_RECEIVED
  DOWNSTREAM_HEADER_BYTES_SENT DOWNSTREAM_LOCAL_CLOSE_REASON ROUTE_RESOLUTION_COUNT ROUTE_RESOLUTION_TIME_US
  UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT UPSTREAM_DETECTED_CLOSE_TYPE
  UPSTREAM_HEADER_BYTES_RECEIVED UPSTREAM_HEADER_BYTES_SENT UPSTREAM_LOCAL_CLOSE_REASON
  UPSTREAM_WIRE_BYTES_RECEIVED UPSTREAM_WIRE_BYTES_SENT`.split(/\s+/),
);

export interface FormatCommand {
  readonly read: ValueOf;
  /** Texts of it may hold control characters. */
  readonly unchecked: boolean;
}

/**
 * @param argument what stands in parentheses, `''` when there is nothing
 * @param length the greatest number of octets; undefined when none is given
 * @throws ConfigError with Envoy's words for what it refuses too
 */
export function formatCommand(
  name: string,
  argument: string,
  length: number | undefined,
  use: FormatUse,
): FormatCommand {
  const rules = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (rules === undefined) {
    if (onlyInEnvoy.has(name)) throw new ConfigError(`%${name}% needs real Envoy`, [], true);
    throw new ConfigError(`Not supported field in StreamInfo: ${name}`);
  }
  if (rules.argument === 'none' && (argument !== '' || length !== undefined)) {
    throw new ConfigError(`${name} does not take any parameters or length`);
  }
  if (rules.argument === 'required' && argument === '') throw new ConfigError(`${name} requires parameters`);
  if (length !== undefined && !rules.length) {
    throw new ConfigError(`${name} does not allow length to be specified.`);
  }
  const read = rules.make(argument, use);
  const unchecked = rules.unchecked === true;
  if (length === undefined) return { read, unchecked };
  return {
    unchecked,
    read(info) {
      const value = read(info);
      return typeof value === 'string' ? value.slice(0, length) : value;
    },
  };
}
