/**
 * `envoy.type.matcher.v3.MetadataMatcher`, for requests whose metadata a test says.
 */
import type { Fields } from '../../runtime/common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf } from '../../runtime/common/message-fields.js';
import { compileStringMatcher } from '../../runtime/route/compile-string-matcher.js';

function matchesNumber(config: Fields, value: unknown): boolean {
  if (typeof value !== 'number') return false;
  if (config.exact !== undefined) return value === numberOf(config.exact, 0);
  const { end, start } = messageOf(config.range);
  return value >= numberOf(start, 0) && value < numberOf(end, 0);
}

/** `ValueMatcher`. */
function matchesValue(config: Fields, value: unknown): boolean {
  if (config.null_match !== undefined) return value === null;
  if (config.double_match !== undefined) return matchesNumber(messageOf(config.double_match), value);
  if (config.string_match !== undefined) {
    return typeof value === 'string' && compileStringMatcher(config.string_match)(value);
  }
  if (config.bool_match !== undefined) return value === config.bool_match;
  if (config.present_match !== undefined) return (value !== undefined) === config.present_match;
  if (config.list_match !== undefined) {
    const oneOf = messageOf(messageOf(config.list_match).one_of);
    return Array.isArray(value) && value.some((item) => matchesValue(oneOf, item));
  }
  const choices = messagesOf(messageOf(config.or_match).value_matchers);
  return choices.some((choice) => matchesValue(choice, value));
}

/** @param metadata by namespace */
export function matchesMetadata(matcher: Fields, metadata: Readonly<Record<string, unknown>>): boolean {
  let value: unknown = metadata[textOf(matcher.filter)];
  for (const { key } of messagesOf(matcher.path)) value = messageOf(value)[textOf(key)];
  return matchesValue(messageOf(matcher.value), value) !== (matcher.invert === true);
}
