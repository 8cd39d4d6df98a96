import { messageOf, textOf } from '../common/message-fields.js';
import { ConfigError } from '../network/filter.js';
import { compileRegexMatcher } from './compile-regex.js';

export type StringMatcher = (text: string) => boolean;

/** `envoy.type.matcher.v3.StringMatcher`. @throws ConfigError */
export function compileStringMatcher(config: unknown): StringMatcher {
  const fields = messageOf(config);
  const fold = fields.ignore_case === true ? (text: string) => text.toLowerCase() : (text: string) => text;
  const wanted = (name: string): string => fold(textOf(fields[name]));
  if (fields.exact !== undefined) {
    const exact = wanted('exact');
    return (text) => fold(text) === exact;
  }
  if (fields.prefix !== undefined) {
    const prefix = wanted('prefix');
    return (text) => fold(text).startsWith(prefix);
  }
  if (fields.suffix !== undefined) {
    const suffix = wanted('suffix');
    return (text) => fold(text).endsWith(suffix);
  }
  if (fields.contains !== undefined) {
    const part = wanted('contains');
    return (text) => fold(text).includes(part);
  }
  if (fields.safe_regex !== undefined) {
    try {
      return compileRegexMatcher(fields.safe_regex);
    } catch (error) {
      throw error instanceof ConfigError ? error.under('safe_regex') : error;
    }
  }
  throw new ConfigError('this kind of string matcher needs real Envoy', [], true);
}
