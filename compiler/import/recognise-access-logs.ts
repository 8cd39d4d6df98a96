/**
 * Access logs that `accessLog` makes.
 */
import * as dsl from '../../dsl/index.js';
import type { Expression } from './expression.js';
import { call, isObject, list, object, scalar } from './expression.js';
import type { Recogniser } from './import-context.js';

/** `accessLog`. */
export const recogniseAccessLog: Recogniser = (value) => {
  const config = value.typed_config;
  if (!isObject(config) || Object.keys(value).some((key) => key !== 'name' && key !== 'typed_config'))
    return undefined;
  const format = isObject(config.log_format) ? config.log_format : {};
  const source = isObject(format.text_format_source) ? format.text_format_source.inline_string : undefined;
  const text = typeof source === 'string' ? scalar(source.replace(/\n$/, '')) : undefined;
  const json = isObject(format.json_format) ? data(format.json_format) : undefined;
  return call(
    'accessLog',
    dsl.accessLog,
    object([
      ['path', config.path === undefined ? undefined : scalar(config.path)],
      ['format', text ?? json],
    ]),
  );
};

/** Data that is no message. */
export function data(value: unknown): Expression {
  if (Array.isArray(value)) return list(value.map(data));
  if (!isObject(value)) return scalar(value);
  return object(Object.entries(value).map(([key, member]) => [key, data(member)] as const));
}
