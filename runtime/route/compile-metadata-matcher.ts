/**
 * `envoy.type.matcher.v3.MetadataMatcher`: a test of the dynamic metadata of a request.
 */
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf } from '../common/message-fields.js';
import { toOctets } from '../common/octet-text.js';
import type { StreamInfo } from '../common/stream-info.js';
import { under } from '../network/config-path.js';
import { ConfigError } from '../network/filter.js';
import { compileStringMatcher } from './compile-string-matcher.js';

type ValueTest = (value: unknown) => boolean;

function compileNumber(config: Fields): ValueTest {
  if (config.exact !== undefined) {
    const exact = numberOf(config.exact, 0);
    return (value) => value === exact;
  }
  const { end, start } = messageOf(config.range);
  const from = numberOf(start, 0);
  const to = numberOf(end, 0);
  return (value) => typeof value === 'number' && value >= from && value < to;
}

/** @throws ConfigError with the path inside the matcher */
function compileValue(config: Fields): ValueTest {
  if (config.null_match !== undefined) return (value) => value === null;
  if (config.double_match !== undefined) return compileNumber(messageOf(config.double_match));
  if (config.string_match !== undefined) {
    const test = under(() => compileStringMatcher(config.string_match), 'string_match');
    return (value) => typeof value === 'string' && test(toOctets(value));
  }
  if (config.bool_match !== undefined) return (value) => value === config.bool_match;
  // `present_match: false` fits nothing: what is absent does not come here.
  if (config.present_match !== undefined) return () => config.present_match === true;
  if (config.list_match !== undefined) {
    const one = messageOf(messageOf(config.list_match).one_of);
    const test = under(() => compileValue(one), 'list_match', 'one_of');
    return (value) => Array.isArray(value) && value.some(test);
  }
  if (config.or_match !== undefined) {
    const tests = messagesOf(messageOf(config.or_match).value_matchers).map((matcher, index) =>
      under(() => compileValue(matcher), 'or_match', 'value_matchers', index),
    );
    return (value) => tests.some((test) => test(value));
  }
  throw new ConfigError('this kind of value matcher needs real Envoy', [], true);
}

/**
 * Whether the value fits, `invert` aside; undefined: there is none.
 * @throws ConfigError with the path inside the matcher
 */
export function compileMetadataValue(given: unknown): (info: StreamInfo) => boolean | undefined {
  const config = messageOf(given);
  const filter = textOf(config.filter);
  const path = messagesOf(config.path).map((segment) => textOf(segment.key));
  const test = under(() => compileValue(messageOf(config.value)), 'value');
  return (info) => {
    const value = info.dynamicMetadata(filter, path);
    return value === undefined ? undefined : test(value);
  };
}

/** A value that is absent fits nothing. @throws ConfigError with the path inside the matcher */
export function compileMetadataMatcher(given: unknown): (info: StreamInfo) => boolean {
  const test = compileMetadataValue(given);
  const inverted = messageOf(given).invert === true;
  return (info) => (test(info) ?? false) !== inverted;
}
