/**
 * Consul's check definition: TTL, HTTP, TCP, gRPC and alias checks. Its other kinds are refused in words.
 */
import type { CheckDefinition, CheckStatus, ProbeDefinition } from '../catalog/catalog.js';
import { checkStatuses } from '../catalog/catalog.js';
import type { DefinitionPath } from './definition-reader.js';
import { DefinitionError, DefinitionReader } from './definition-reader.js';

const fields = [
  'ID',
  'CheckID',
  'Name',
  'Notes',
  'Status',
  'ServiceID',
  'Token',
  'TTL',
  'HTTP',
  'Header',
  'Method',
  'Body',
  'DisableRedirects',
  'TLSServerName',
  'TLSSkipVerify',
  'TCP',
  'GRPC',
  'GRPCUseTLS',
  'AliasService',
  'AliasNode',
  'Interval',
  'Timeout',
  'SuccessBeforePassing',
  'FailuresBeforeWarning',
  'FailuresBeforeCritical',
  'DeregisterCriticalServiceAfter',
  'OutputMaxSize',
];

const reason = 'only TTL, HTTP, TCP, gRPC and alias checks are built in; this one needs a Consul agent';
const kinds = ['UDP', 'TCPUseTLS', 'H2PING', 'H2PingUseTLS', 'OSService', 'DockerContainerID', 'Shell'];
const refused = Object.fromEntries(kinds.map((name) => [name, reason]));
/** Commands that somebody else would have this machine run. */
const scripts = ['Args', 'ScriptArgs'];

/** Consul takes no less, so that a service does not vanish on a hiccup. */
const leastDeregisterAfterMs = 60_000;
const leastIntervalMs = 1000;
const defaultTimeoutMs = 10_000;

export interface CheckNaming {
  /** When the definition has none of its own. */
  readonly id: string;
  readonly name: string;
}

/** A check with the service that it names itself, which only `/v1/agent/check/register` allows. */
export interface NamedCheck {
  readonly check: CheckDefinition;
  readonly serviceId: string;
}

function invalid(text: string, reader: DefinitionReader, field: string): DefinitionError {
  return new DefinitionError(`Invalid check: ${text}`, reader.pathOf(field));
}

function readHttp(reader: DefinitionReader): ProbeDefinition['target'] {
  const url = reader.text('HTTP');
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) {
    throw invalid(`'${url}' is no http or https URL`, reader, 'HTTP');
  }
  const method = reader.text('Method') || 'GET';
  const headers = reader.textLists('Header');
  const bad = Object.entries(headers).find(
    ([name, values]) =>
      !/^[\w!#$%&'*+.^`|~-]+$/.test(name) || values.some((value) => /[^\t\x20-\xff]/.test(value)),
  );
  if (bad !== undefined) throw invalid(`'${bad[0]}' is no HTTP header`, reader, 'Header');
  if (!/^[A-Z]+$/.test(method)) throw invalid(`'${method}' is no HTTP method`, reader, 'Method');
  return {
    kind: 'http',
    url,
    method,
    headers,
    body: reader.text('Body'),
    followRedirects: !reader.flag('DisableRedirects'),
    skipVerify: reader.flag('TLSSkipVerify'),
    serverName: reader.text('TLSServerName'),
  };
}

function readTcp(reader: DefinitionReader): ProbeDefinition['target'] {
  const text = reader.text('TCP');
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535)
    throw invalid(`'${text}' is not of the form 'host:port'`, reader, 'TCP');
  return { kind: 'tcp', host: match[1] ?? match[2] ?? '', port };
}

/** `host:port` or `host:port/service`. */
function readGrpc(reader: DefinitionReader): ProbeDefinition['target'] {
  const text = reader.text('GRPC');
  const match = /^(?:\[([^\]]+)\]|([^:/]+)):(\d{1,5})(?:\/(.*))?$/.exec(text);
  const port = Number(match?.[3]);
  if (match === null || port > 65535)
    throw invalid(`'${text}' is not of the form 'host:port[/service]'`, reader, 'GRPC');
  return {
    kind: 'grpc',
    host: match[1] ?? match[2] ?? '',
    port,
    service: match[4] ?? '',
    tls: reader.flag('GRPCUseTLS'),
    skipVerify: reader.flag('TLSSkipVerify'),
    serverName: reader.text('TLSServerName'),
  };
}

const probes: Readonly<Record<string, (reader: DefinitionReader) => ProbeDefinition['target']>> = {
  HTTP: readHttp,
  TCP: readTcp,
  GRPC: readGrpc,
};

function readCount(reader: DefinitionReader, name: string, fallback: number): number {
  return Math.max(0, reader.integer(name, fallback));
}

function readProbe(reader: DefinitionReader): ProbeDefinition | undefined {
  const kind = Object.keys(probes).filter((name) => reader.text(name) !== '');
  const [first, second] = kind;
  if (first === undefined) return undefined;
  if (second !== undefined) throw invalid(`${first} and ${second} cannot both be specified`, reader, second);
  const intervalMs = reader.duration('Interval') ?? 0;
  if (intervalMs <= 0) {
    throw invalid(
      'Interval must be > 0 for Script, HTTP, H2PING, TCP, UDP or OSService checks',
      reader,
      'Interval',
    );
  }
  const failuresBeforeCritical = readCount(reader, 'FailuresBeforeCritical', 0);
  const failuresBeforeWarning = readCount(reader, 'FailuresBeforeWarning', failuresBeforeCritical);
  if (failuresBeforeWarning > failuresBeforeCritical) {
    throw invalid(
      "FailuresBeforeWarning can't be higher than FailuresBeforeCritical",
      reader,
      'FailuresBeforeWarning',
    );
  }
  const timeoutMs = reader.duration('Timeout') ?? 0;
  return {
    target: (probes[first] as (typeof probes)[string])(reader),
    intervalMs: Math.max(leastIntervalMs, intervalMs),
    timeoutMs: timeoutMs > 0 ? timeoutMs : defaultTimeoutMs,
    successBeforePassing: readCount(reader, 'SuccessBeforePassing', 0),
    failuresBeforeWarning,
    failuresBeforeCritical,
  };
}

/** Consul's order of complaints. */
function readTtl(reader: DefinitionReader, probed: boolean): number | undefined {
  const ttlMs = reader.duration('TTL') ?? 0;
  const hasInterval = (reader.duration('Interval') ?? 0) > 0;
  if (ttlMs > 0 && (hasInterval || probed))
    throw invalid('Interval and TTL cannot both be specified', reader, 'TTL');
  if (probed) return undefined;
  if (ttlMs <= 0 && reader.text('AliasService') + reader.text('AliasNode') !== '') return undefined;
  if (ttlMs <= 0) throw invalid('TTL must be > 0 for TTL checks', reader, 'TTL');
  return ttlMs;
}

/**
 * Reads `Check` of a service, or a check on its own.
 * @throws DefinitionError
 */
export function readCheck(value: unknown, path: DefinitionPath, naming?: CheckNaming): NamedCheck {
  const reader = new DefinitionReader(value, path, [...fields, ...scripts], refused);
  const name = reader.text('Name') || naming?.name;
  if (name === undefined || name === '') throw new DefinitionError('Missing check name', path);
  const script = scripts.find((field) => reader.texts(field).length > 0);
  if (script !== undefined) {
    const message =
      "Scripts are disabled on this agent from remote calls; to enable, configure 'enable_script_checks' to true";
    throw new DefinitionError(message, reader.pathOf(script), 500);
  }
  const probe = readProbe(reader);
  const ttlMs = readTtl(reader, probe !== undefined);
  const status = reader.text('Status') || 'critical';
  if (!(checkStatuses as readonly string[]).includes(status)) {
    const message =
      naming === undefined ? 'Bad check status' : "Status for checks must 'passing', 'warning', 'critical'";
    throw new DefinitionError(message, reader.pathOf('Status'));
  }
  const deregisterAfterMs = reader.duration('DeregisterCriticalServiceAfter') ?? 0;
  const check: CheckDefinition = {
    id: reader.text('CheckID') || reader.text('ID') || (naming?.id ?? name),
    name,
    notes: reader.text('Notes'),
    status: status as CheckStatus,
    ttlMs,
    probe,
    ...(ttlMs === undefined && probe === undefined
      ? { alias: { service: reader.text('AliasService'), node: reader.text('AliasNode') } }
      : {}),
    deregisterAfterMs:
      deregisterAfterMs > 0 ? Math.max(leastDeregisterAfterMs, deregisterAfterMs) : undefined,
  };
  return { check, serviceId: reader.text('ServiceID') };
}
