/**
 * `envoy.type.matcher.v3.StringMatcher`: a test of a text of the data path.
 */
import { messageOf, textOf } from '../common/message-fields.js';
import { lowerAscii, toOctets } from '../common/octet-text.js';
import { under } from '../network/config-path.js';
import { ConfigError } from '../network/filter.js';
import { compileRegexMatcher } from './compile-regex.js';

export type StringMatcher = (octets: string) => boolean;

const kinds: Readonly<Record<string, (text: string, wanted: string) => boolean>> = {
  exact: (text, wanted) => text === wanted,
  prefix: (text, wanted) => text.startsWith(wanted),
  suffix: (text, wanted) => text.endsWith(wanted),
  contains: (text, wanted) => text.includes(wanted),
};

/** `ignore_case` folds A to Z only, and does not concern regular expressions. @throws ConfigError */
export function compileStringMatcher(config: unknown): StringMatcher {
  const fields = messageOf(config);
  for (const [kind, test] of Object.entries(kinds)) {
    if (fields[kind] === undefined) continue;
    const wanted = toOctets(textOf(fields[kind]));
    if (fields.ignore_case !== true) return (text) => test(text, wanted);
    const folded = lowerAscii(wanted);
    return (text) => test(lowerAscii(text), folded);
  }
  if (fields.safe_regex === undefined) {
    throw new ConfigError('this kind of string matcher needs real Envoy', [], true);
  }
  return under(() => compileRegexMatcher(fields.safe_regex).test, 'safe_regex');
}
