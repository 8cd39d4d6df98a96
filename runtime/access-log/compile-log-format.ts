/**
 * The line of an access log: Envoy's default, a text format, or JSON.
 */
import type { Fields } from '../common/message-fields.js';
import { messageOf, textOf } from '../common/message-fields.js';
import { readDataSource } from '../network/data-source.js';
import { under } from '../network/config-path.js';
import type { Formatter } from './access-logger.js';
import { compileJsonFormat } from './compile-json-format.js';
import { compileFormat, defaultFormat } from './formatter.js';

/**
 * `envoy.config.core.v3.SubstitutionFormatString`.
 * @param emptyFormat what stands for an empty text
 * @throws ConfigError with the path inside the message
 */
export function compileFormatString(format: Fields, emptyFormat = defaultFormat): Formatter {
  const omitEmpty = format.omit_empty_values === true;
  if (format.json_format !== undefined) {
    return under(() => compileJsonFormat(messageOf(format.json_format), { omitEmpty }), 'json_format');
  }
  const absent = omitEmpty ? '' : '-';
  if (format.text_format_source === undefined) {
    return under(() => compileFormat(textOf(format.text_format, emptyFormat), absent), 'text_format');
  }
  return under(() => {
    const text = readDataSource(format.text_format_source).toString('utf8');
    return compileFormat(text === '' ? emptyFormat : text, absent);
  }, 'text_format_source');
}

/** @param config a `FileAccessLog` or `StdoutAccessLog`. @throws ConfigError with the path inside it */
export function compileLogFormat(config: unknown): Formatter {
  const fields = messageOf(config);
  if (fields.log_format !== undefined) {
    return under(() => compileFormatString(messageOf(fields.log_format)), 'log_format');
  }
  // The older fields of `FileAccessLog`.
  for (const field of ['json_format', 'typed_json_format']) {
    const json = fields[field];
    if (json !== undefined) {
      return under(() => compileJsonFormat(messageOf(json), { omitEmpty: false }), field);
    }
  }
  const text = textOf(fields.format);
  return under(() => compileFormat(text === '' ? defaultFormat : text), 'format');
}
