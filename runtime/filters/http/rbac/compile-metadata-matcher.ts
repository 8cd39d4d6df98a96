/**
 * `envoy.type.matcher.v3.MetadataMatcher`: a test of the dynamic metadata of a request.
 */
import type { Fields } from '../../../common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf } from '../../../common/message-fields.js';
import { toOctets } from '../../../common/octet-text.js';
import type { StreamInfo } from '../../../common/stream-info.js';
import { under } from '../../../network/config-path.js';
import { ConfigError } from '../../../network/filter.js';
import { compileStringMatcher } from '../../../route/compile-string-matcher.js';

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
  // `present_match: false` fits nothing, not even what is absent.
  if (config.present_match !== undefined) {
    return (value) => value !== undefined && config.present_match === true;
  }
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

/** @throws ConfigError with the path inside the matcher */
export function compileMetadataMatcher(given: unknown): (info: StreamInfo) => boolean {
  const config = messageOf(given);
  const filter = textOf(config.filter);
  const path = messagesOf(config.path).map((segment) => textOf(segment.key));
  const test = under(() => compileValue(messageOf(config.value)), 'value');
  const inverted = config.invert === true;
  return (info) => test(info.dynamicMetadata(filter, path)) !== inverted;
}
