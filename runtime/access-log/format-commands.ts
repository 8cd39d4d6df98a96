/**
 * The command operators of format strings (`%REQ(X?Y):10%`): a name with its argument -> a function of the stream.
 */
import { hostname } from 'node:os';
import type { HeaderList } from '../common/header-list.js';
import { joinHeader } from '../common/header-list.js';
import type { StreamInfo } from '../common/stream-info.js';
import { ConfigError } from '../network/filter.js';

/** undefined: there is no such value (`-` in a text, null in JSON). */
export type Value = string | number | undefined;
export type ValueOf = (info: StreamInfo) => Value;

function withoutPort(address: string): string {
  const at = address.lastIndexOf(':');
  return (at < 0 ? address : address.slice(0, at)).replace(/^\[|\]$/g, '');
}

function portOf(address: string): Value {
  const at = address.lastIndexOf(':');
  return at < 0 ? undefined : Number(address.slice(at + 1));
}

const orNone = (text: string | undefined): Value => (text === '' ? undefined : text);
const whole = (ms: number | undefined): Value => (ms === undefined ? undefined : Math.floor(ms));
const startTime = (info: StreamInfo): string => new Date(info.startTime).toISOString();

/** Commands without an argument. */
const plain: Readonly<Record<string, ValueOf>> = {
  PROTOCOL: (info) => orNone(info.protocol),
  RESPONSE_CODE: (info) => info.responseCode,
  RESPONSE_CODE_DETAILS: (info) => orNone(info.responseCodeDetails),
  RESPONSE_FLAGS: (info) => orNone([...info.flags].join(',')),
  BYTES_RECEIVED: (info) => info.bytesReceived,
  BYTES_SENT: (info) => info.bytesSent,
  DURATION: (info) => whole(info.durationMs),
  REQUEST_DURATION: (info) => whole(info.requestDurationMs),
  RESPONSE_DURATION: (info) => whole(info.responseDurationMs),
  UPSTREAM_HOST: (info) => orNone(info.upstreamHost),
  UPSTREAM_REMOTE_ADDRESS: (info) => orNone(info.upstreamHost),
  UPSTREAM_CLUSTER: (info) => orNone(info.upstreamCluster),
  UPSTREAM_CLUSTER_RAW: (info) => orNone(info.upstreamCluster),
  UPSTREAM_LOCAL_ADDRESS: (info) => orNone(info.upstreamLocalAddress),
  UPSTREAM_TRANSPORT_FAILURE_REASON: (info) => orNone(info.upstreamTransportFailureReason),
  UPSTREAM_REQUEST_ATTEMPT_COUNT: (info) => info.upstreamRequestAttemptCount,
  DOWNSTREAM_REMOTE_ADDRESS: (info) => orNone(info.downstreamRemoteAddress),
  DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT: (info) => orNone(withoutPort(info.downstreamRemoteAddress)),
  DOWNSTREAM_REMOTE_PORT: (info) => portOf(info.downstreamRemoteAddress),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS: (info) => orNone(info.downstreamDirectRemoteAddress),
  DOWNSTREAM_DIRECT_REMOTE_ADDRESS_WITHOUT_PORT: (info) =>
    orNone(withoutPort(info.downstreamDirectRemoteAddress)),
  DOWNSTREAM_LOCAL_ADDRESS: (info) => orNone(info.downstreamLocalAddress),
  DOWNSTREAM_LOCAL_ADDRESS_WITHOUT_PORT: (info) => orNone(withoutPort(info.downstreamLocalAddress)),
  DOWNSTREAM_LOCAL_PORT: (info) => portOf(info.downstreamLocalAddress),
  REQUESTED_SERVER_NAME: (info) => orNone(info.requestedServerName),
  ROUTE_NAME: (info) => orNone(info.routeName),
  VIRTUAL_CLUSTER_NAME: () => undefined,
  CONNECTION_ID: (info) => info.connectionId,
  HOSTNAME: () => hostname(),
  ACCESS_LOG_TYPE: () => 'NotSet',
  CONNECTION_TERMINATION_DETAILS: () => undefined,
  DOWNSTREAM_TRANSPORT_FAILURE_REASON: () => undefined,
  STREAM_ID: (info) => joinHeader(info.requestHeaders, 'x-request-id'),
  START_TIME: startTime,
};

/** A header of the request, pseudo headers included. */
function requestHeader(info: StreamInfo, name: string): string | undefined {
  switch (name) {
    case ':method':
      return orNone(info.method) as string | undefined;
    case ':path':
      return orNone(info.path) as string | undefined;
    case ':authority':
    case 'host':
      return orNone(info.authority) as string | undefined;
    case ':scheme':
      return orNone(info.scheme) as string | undefined;
    default:
      return joinHeader(info.requestHeaders, name);
  }
}

/** `X?Y`: the first that is there. */
function headerCommand(
  argument: string,
  read: (info: StreamInfo, name: string) => string | undefined,
): ValueOf {
  const [first = '', second] = argument.split('?').map((name) => name.trim().toLowerCase());
  return (info) => read(info, first) ?? (second === undefined ? undefined : read(info, second));
}

const fromList =
  (list: (info: StreamInfo) => HeaderList) =>
  (info: StreamInfo, name: string): string | undefined =>
    name === ':status' && info.responseCode !== 0 ? String(info.responseCode) : joinHeader(list(info), name);

const pad = (value: number, width = 2): string => String(value).padStart(width, '0');

/** `strftime` with Envoy's `%3f`-like fractions; UTC. */
function formatTime(format: string): (wallMs: number) => string {
  return (wallMs) => {
    const date = new Date(wallMs);
    return format.replace(/%([1-9]?)([a-zA-Z%])/g, (all, width: string, letter: string) => {
      switch (letter) {
        case 'Y':
          return String(date.getUTCFullYear());
        case 'm':
          return pad(date.getUTCMonth() + 1);
        case 'd':
          return pad(date.getUTCDate());
        case 'H':
          return pad(date.getUTCHours());
        case 'M':
          return pad(date.getUTCMinutes());
        case 'S':
          return pad(date.getUTCSeconds());
        case 'T':
          return date.toISOString().slice(11, 19);
        case 'F':
          return date.toISOString().slice(0, 10);
        case 's':
          return String(Math.floor(wallMs / 1000));
        case 'f': {
          const nanos = `${pad(date.getUTCMilliseconds(), 3)}000000`;
          return nanos.slice(0, width === '' ? 9 : Number(width));
        }
        case 'z':
          return '+0000';
        case 'Z':
          return 'UTC';
        case '%':
          return '%';
        default:
          return all;
      }
    });
  };
}

/** Commands with an argument in parentheses. */
const withArgument: Readonly<Record<string, (argument: string) => ValueOf>> = {
  REQ: (argument) => headerCommand(argument, requestHeader),
  RESP: (argument) =>
    headerCommand(
      argument,
      fromList((info) => info.responseHeaders),
    ),
  TRAILER: (argument) =>
    headerCommand(
      argument,
      fromList((info) => info.responseTrailers),
    ),
  START_TIME: (argument) => {
    const format = formatTime(argument);
    return (info) => format(info.startTime);
  },
  ENVIRONMENT: (argument) => {
    const value = process.env[argument];
    return () => value;
  },
  DYNAMIC_METADATA: (argument) => {
    const [filter = '', ...path] = argument.split(':');
    return (info) => {
      const value = info.dynamicMetadata(filter, path);
      return value === undefined || typeof value === 'string' || typeof value === 'number'
        ? value
        : JSON.stringify(value);
    };
  },
  PATH: (argument) => {
    const [query = 'WQ', which = 'PATH'] = argument.split(':');
    return (info) => {
      const original = which === 'ORIG' ? info.originalPath : info.path;
      return orNone(query === 'NQ' ? original.split('?', 1)[0] : original);
    };
  },
};

/** @throws ConfigError with Envoy's words for a command that it lacks too */
export function formatCommand(name: string, argument: string | undefined): ValueOf {
  const found = argument === undefined ? plain[name] : withArgument[name]?.(argument);
  if (found !== undefined) return found;
  throw new ConfigError(`Not supported field in StreamInfo: ${name}`);
}
