/**
 * `envoy.config.route.v3.RateLimit`: the descriptors that a request has for rate limit filters.
 */
import { compileHeaderFormat } from '../access-log/formatter.js';
import { getHeader } from '../common/header-list.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf } from '../common/message-fields.js';
import type { SupportedFields } from '../config/supported-fields.js';
import { onlyValues } from '../config/supported-fields.js';
import { compileCidrList } from '../network/cidr.js';
import { under } from '../network/config-path.js';
import { ipOctets, ipText } from '../network/dns/ip-octets.js';
import { ConfigError } from '../network/filter.js';
import { compileHeaderMatcher, pseudoHeader } from './compile-header-matcher.js';
import { compileQueryParameter } from './compile-query-parameter.js';
import { queryValue } from './query-value.js';
import type { RateLimitEntry, RateLimitPolicy, RateLimitSubject } from './route-table.js';

/** @returns undefined: there is no descriptor; null: this action adds nothing to it */
type Action = (subject: RateLimitSubject) => RateLimitEntry | undefined | null;

type Text = (subject: RateLimitSubject) => string;

/** A text that may hold commands such as `%REQ(x)%`. */
function compileText(format: unknown): Text {
  const text = compileHeaderFormat(textOf(format));
  return typeof text === 'string' ? () => text : ({ info }) => text(info);
}

/**
 * `descriptor_value` as it stands: Envoy takes it for a format only behind a feature flag that is off, and has a use for
 * `default_value` only then.
 */
function valueEntry(config: Fields, defaultKey: string): Action {
  const entry = { key: textOf(config.descriptor_key) || defaultKey, value: textOf(config.descriptor_value) };
  return () => entry;
}

/** Adds its entry where the test gives what is expected. */
function matchEntry(
  config: Fields,
  defaultKey: string,
  test: (subject: RateLimitSubject) => boolean,
): Action {
  const entry = valueEntry(config, defaultKey);
  const expected = config.expect_match !== false;
  return (subject) => (test(subject) === expected ? entry(subject) : undefined);
}

function requestHeaders(config: Fields): Action {
  const name = textOf(config.header_name).toLowerCase();
  const key = textOf(config.descriptor_key);
  const absent = config.skip_if_absent === true ? null : undefined;
  return ({ request }) => {
    const value = pseudoHeader(request, name) ?? getHeader(request.headers, name);
    return value === undefined ? absent : { key, value };
  };
}

function queryParameters(config: Fields): Action {
  const name = textOf(config.query_parameter_name);
  const key = textOf(config.descriptor_key) || 'query_parameters';
  const absent = config.skip_if_absent === true ? null : undefined;
  return ({ request }) => {
    const value = queryValue(request.path, name);
    return value === undefined ? absent : { key, value };
  };
}

function headerValueMatch(config: Fields): Action {
  const tests = messagesOf(config.headers).map((header, index) =>
    under(() => compileHeaderMatcher(header), 'headers', index),
  );
  return matchEntry(config, 'header_match', ({ request }) =>
    tests.every((test) => test(request, request.headers)),
  );
}

function queryParameterValueMatch(config: Fields): Action {
  const tests = messagesOf(config.query_parameters).map((parameter, index) =>
    under(() => compileQueryParameter(parameter), 'query_parameters', index),
  );
  return matchEntry(config, 'query_match', ({ request }) => tests.every((test) => test(request)));
}

function remoteAddressMatch(config: Fields): Action {
  const matcher = messageOf(config.address_matcher);
  const test = compileCidrList(messagesOf(matcher.ranges));
  const inverted = matcher.invert_match === true;
  return matchEntry(config, 'remote_address_match', ({ remoteAddress }) => test(remoteAddress) !== inverted);
}

/** `10.1.2.3` with 16 bits: `10.1.0.0/16`. */
function maskedAddress(ip: string, v4Bits: number, v6Bits: number): string | undefined {
  const octets = ipOctets(ip);
  if (octets === undefined) return undefined;
  const bits = octets.length === 4 ? v4Bits : v6Bits;
  const masked = octets.map((octet, at) => {
    const kept = Math.min(8, Math.max(0, bits - at * 8));
    return octet & (0xff << (8 - kept));
  });
  return `${ipText(masked)}/${bits}`;
}

function maskedRemoteAddress(config: Fields): Action {
  const v4Bits = numberOf(config.v4_prefix_mask_len, 32);
  const v6Bits = numberOf(config.v6_prefix_mask_len, 128);
  return ({ remoteAddress }) => {
    const value = maskedAddress(remoteAddress, v4Bits, v6Bits);
    return value === undefined ? undefined : { key: 'masked_remote_address', value };
  };
}

/** Steps of a `MetadataKey`. */
function metadataPath(key: Fields): readonly string[] {
  return messagesOf(key.path).map((segment) => textOf(segment.key));
}

function metadata(config: Fields): Action {
  const name = messageOf(config.metadata_key);
  const path = metadataPath(name);
  const key = textOf(config.descriptor_key);
  const otherwise = textOf(config.default_value);
  const absent = config.skip_if_absent === true ? null : undefined;
  return ({ info }) => {
    const value = textOf(info.dynamicMetadata(textOf(name.key), path)) || otherwise;
    return value === '' ? absent : { key, value };
  };
}

const actions: Readonly<Record<string, (config: Fields) => Action>> = {
  source_cluster: () => (subject) => ({ key: 'source_cluster', value: subject.localCluster }),
  destination_cluster:
    () =>
    ({ cluster }) =>
      cluster === undefined ? undefined : { key: 'destination_cluster', value: cluster },
  remote_address: () => (subject) => ({ key: 'remote_address', value: subject.remoteAddress }),
  generic_key: (config) => valueEntry(config, 'generic_key'),
  request_headers: requestHeaders,
  query_parameters: queryParameters,
  header_value_match: headerValueMatch,
  query_parameter_value_match: queryParameterValueMatch,
  remote_address_match: remoteAddressMatch,
  masked_remote_address: maskedRemoteAddress,
  metadata,
};

function compileAction(config: Fields): Action {
  const kind = Object.keys(config).find((name) => config[name] !== undefined) ?? '';
  const compile = Object.hasOwn(actions, kind) ? actions[kind] : undefined;
  if (compile === undefined)
    throw new ConfigError(`the rate limit action ${kind} needs real Envoy`, [], true);
  return under(() => compile(messageOf(config[kind])), kind);
}

/** The text of a whole number that may stand in a `%COMMAND%`; anything else counts as the default. */
function compileHits(addend: unknown): RateLimitPolicy['hitsAddend'] {
  if (addend === undefined) return () => undefined;
  const { format, number } = messageOf(addend);
  if (textOf(format) === '') {
    const hits = number === undefined ? undefined : numberOf(number, 1);
    return () => hits;
  }
  const text = under(() => compileText(format), 'hits_addend', 'format');
  return (subject) => {
    const digits = text(subject);
    return /^\d{1,10}$/.test(digits) ? Number(digits) : undefined;
  };
}

/** @throws ConfigError with the path inside the message */
function compileRateLimit(config: Fields): RateLimitPolicy {
  const compiled = messagesOf(config.actions).map((action, index) =>
    under(() => compileAction(action), 'actions', index),
  );
  return {
    stage: numberOf(config.stage, 0),
    applyOnStreamDone: config.apply_on_stream_done === true,
    hitsAddend: compileHits(config.hits_addend),
    descriptor(subject) {
      const entries: RateLimitEntry[] = [];
      for (const action of compiled) {
        const entry = action(subject);
        if (entry === undefined) return undefined;
        if (entry !== null) entries.push(entry);
      }
      return entries;
    },
  };
}

/** @param configs canonical `RateLimit` messages; undefined: none. @throws ConfigError with the path from the list on */
export function compileRateLimits(configs: unknown): readonly RateLimitPolicy[] {
  return messagesOf(configs).map((config, index) => under(() => compileRateLimit(config), index));
}

const message = 'envoy.config.route.v3.RateLimit';
const value = { descriptor_value: true, default_value: 'ignored', descriptor_key: true } as const;

export const rateLimitSupportedFields: SupportedFields = {
  [message]: {
    stage: true,
    // A runtime key that turns the limit off; there is no runtime here to do so.
    disable_key: 'ignored',
    actions: true,
    hits_addend: true,
    apply_on_stream_done: true,
  },
  [`${message}.HitsAddend`]: { number: true, format: true, is_negative_hits: onlyValues(false) },
  [`${message}.Action`]: {
    ...(Object.fromEntries(Object.keys(actions).map((name) => [name, true])) as Record<string, true>),
  },
  [`${message}.Action.SourceCluster`]: {},
  [`${message}.Action.DestinationCluster`]: {},
  [`${message}.Action.RemoteAddress`]: {},
  [`${message}.Action.GenericKey`]: value,
  [`${message}.Action.HeaderValueMatch`]: { ...value, expect_match: true, headers: true },
  [`${message}.Action.QueryParameterValueMatch`]: { ...value, expect_match: true, query_parameters: true },
  [`${message}.Action.RemoteAddressMatch`]: { ...value, address_matcher: true },
  'xds.core.v3.CidrRange': { address_prefix: true, prefix_len: true },
  'envoy.type.matcher.v3.AddressMatcher': { ranges: true, invert_match: true },
  [`${message}.Action.RequestHeaders`]: { header_name: true, descriptor_key: true, skip_if_absent: true },
  [`${message}.Action.QueryParameters`]: {
    query_parameter_name: true,
    descriptor_key: true,
    skip_if_absent: true,
  },
  [`${message}.Action.MaskedRemoteAddress`]: { v4_prefix_mask_len: true, v6_prefix_mask_len: true },
  [`${message}.Action.MetaData`]: {
    descriptor_key: true,
    metadata_key: true,
    default_value: true,
    source: onlyValues('DYNAMIC'),
    skip_if_absent: true,
  },
  'envoy.type.metadata.v3.MetadataKey': { key: true, path: true },
  'envoy.type.metadata.v3.MetadataKey.PathSegment': { key: true },
};
