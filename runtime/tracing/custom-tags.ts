/**
 * `custom_tags` of a connection manager or a route (`envoy.type.tracing.v3.CustomTag`): a tag of a span whose value the
 * configuration, the environment, the request or metadata have.
 */
import { compileHeaderFormat } from '../access-log/formatter.js';
import { metadataJson } from '../access-log/metadata-json.js';
import { getHeader } from '../common/header-list.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, textOf } from '../common/message-fields.js';
import { toOctets } from '../common/octet-text.js';
import type { StreamInfo } from '../common/stream-info.js';
import { under } from '../network/config-path.js';
import { ConfigError } from '../network/filter.js';

export interface CustomTag {
  readonly name: string;
  /** @returns undefined or `''`: the span gets no such tag */
  value(info: StreamInfo): string | undefined;
}

function compileMetadata(given: unknown): CustomTag['value'] {
  const { default_value, kind, metadata_key } = messageOf(given);
  const { key, path } = messageOf(metadata_key);
  const namespace = textOf(key);
  const steps = messagesOf(path).map((step) => textOf(step.key));
  const absent = toOctets(textOf(default_value));
  const kinds = messageOf(kind);
  const source = (['request', 'route', 'cluster', 'host'] as const).find((one) => kinds[one] !== undefined);
  return (info) => {
    const value =
      source === undefined || source === 'request'
        ? info.dynamicMetadata(namespace, steps)
        : info.configuredMetadata?.(source, namespace, steps);
    if (value === undefined || value === null) return absent;
    return toOctets(typeof value === 'object' ? metadataJson(value) : String(value));
  };
}

function compileValue(config: Fields): CustomTag['value'] {
  if (config.literal !== undefined) {
    const text = toOctets(textOf(messageOf(config.literal).value));
    return () => text;
  }
  if (config.environment !== undefined) {
    const { default_value, name } = messageOf(config.environment);
    const text = toOctets(process.env[textOf(name)] ?? textOf(default_value));
    return () => text;
  }
  if (config.request_header !== undefined) {
    const { default_value, name } = messageOf(config.request_header);
    const wanted = textOf(name).toLowerCase();
    const absent = toOctets(textOf(default_value));
    return (info) => requestHeader(info, wanted) ?? absent;
  }
  if (config.metadata !== undefined) return compileMetadata(config.metadata);
  if (config.value !== undefined) {
    const format = compileHeaderFormat(textOf(config.value));
    return typeof format === 'string' ? () => format : format;
  }
  throw new ConfigError('this kind of custom tag needs real Envoy', [], true);
}

function requestHeader(info: StreamInfo, name: string): string | undefined {
  switch (name) {
    case ':method':
      return info.method;
    case ':path':
      return info.path;
    case ':scheme':
      return info.scheme;
    case ':authority':
      return info.authority;
    default:
      return getHeader(info.requestHeaders, name);
  }
}

/** @param configs canonical `CustomTag` messages. Of two with one name the last counts. @throws ConfigError */
export function compileCustomTags(configs: unknown): ReadonlyMap<string, CustomTag> {
  const tags = new Map<string, CustomTag>();
  for (const [index, config] of messagesOf(configs).entries()) {
    const name = textOf(config.tag);
    tags.set(name, { name: toOctets(name), value: under(() => compileValue(config), index) });
  }
  return tags;
}
