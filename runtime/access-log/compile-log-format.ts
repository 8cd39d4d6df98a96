/**
 * The line of an access log: Envoy's default, a text format, or JSON with sorted keys.
 */
import type { StreamInfo } from '../common/stream-info.js';
import { messageOf, textOf } from '../common/message-fields.js';
import { ConfigError } from '../network/filter.js';
import { readDataSource } from '../network/data-source.js';
import type { Formatter } from './access-logger.js';
import { compileFormat, compileJsonValue, defaultFormat } from './formatter.js';

type JsonNode = (info: StreamInfo) => unknown;

function compileJson(value: unknown): JsonNode {
  if (typeof value === 'string') return compileJsonValue(value);
  if (Array.isArray(value)) {
    const items = value.map(compileJson);
    return (info) => items.map((item) => item(info));
  }
  if (typeof value === 'object' && value !== null) {
    const members = Object.entries(value)
      .sort(([one], [other]) => (one < other ? -1 : 1))
      .map(([key, item]) => [key, compileJson(item)] as const);
    return (info) => Object.fromEntries(members.map(([key, item]) => [key, item(info)]));
  }
  return () => value;
}

/** @param config a `FileAccessLog` or `StdoutAccessLog`. @throws ConfigError with the path inside it */
export function compileLogFormat(config: unknown): Formatter {
  const fields = messageOf(config);
  const inside = <T>(make: () => T, ...path: string[]): T => {
    try {
      return make();
    } catch (error) {
      throw error instanceof ConfigError ? error.under(...path) : error;
    }
  };
  const log = messageOf(fields.log_format);
  const absent = log.omit_empty_values === true ? '' : '-';
  const text =
    fields.format ??
    log.text_format ??
    (log.text_format_source === undefined
      ? undefined
      : inside(() => readDataSource(log.text_format_source), 'log_format', 'text_format_source').toString(
          'utf8',
        ));
  const json = log.json_format ?? fields.json_format ?? fields.typed_json_format;
  if (json !== undefined) {
    const node = inside(() => compileJson(json), 'log_format', 'json_format');
    return (info) => `${JSON.stringify(node(info))}\n`;
  }
  return inside(() => compileFormat(textOf(text, defaultFormat), absent), 'log_format');
}
