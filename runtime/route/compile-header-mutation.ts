/**
 * `*_headers_to_add` and `*_headers_to_remove` of one level, and the levels one after the other.
 */
import { compileHeaderFormat } from '../access-log/formatter.js';
import { getHeader, removeHeader, setHeader } from '../common/header-list.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, textOf } from '../common/message-fields.js';
import { ConfigError } from '../network/filter.js';
import type { HeaderMutation } from './route-table.js';

function actionOf(option: Fields): string {
  return option.append_action === undefined && option.append === false
    ? 'OVERWRITE_IF_EXISTS_OR_ADD'
    : textOf(option.append_action, 'APPEND_IF_EXISTS_OR_ADD');
}

function compileOption(option: Fields): HeaderMutation {
  const header = messageOf(option.header);
  const name = textOf(header.key).toLowerCase();
  let format: ReturnType<typeof compileHeaderFormat>;
  try {
    format = compileHeaderFormat(textOf(header.value));
  } catch (error) {
    throw error instanceof ConfigError ? error.under('header', 'value') : error;
  }
  const keepEmpty = option.keep_empty_value === true;
  const action = actionOf(option);
  return (headers, info) => {
    const value = typeof format === 'string' ? format : (format(info) ?? '');
    if (value === '' && !keepEmpty) return;
    const exists = getHeader(headers, name) !== undefined;
    if (action === 'APPEND_IF_EXISTS_OR_ADD') headers.push(name, value);
    else if (action === 'ADD_IF_ABSENT') {
      if (!exists) headers.push(name, value);
    } else if (exists || action === 'OVERWRITE_IF_EXISTS_OR_ADD') setHeader(headers, name, value);
  };
}

/**
 * One level: removal runs before adding.
 * @param direction `request` or `response`, the prefix of the fields
 * @returns undefined when there is nothing to do. @throws ConfigError with the path inside the level
 */
export function compileHeaderMutation(
  level: Fields,
  direction: 'request' | 'response',
): HeaderMutation | undefined {
  const field = `${direction}_headers_to_add`;
  const removed = ((level[`${direction}_headers_to_remove`] ?? []) as readonly string[]).map((name) =>
    name.toLowerCase(),
  );
  // As in Envoy, what overwrites runs before what adds.
  const options = [...messagesOf(level[field]).entries()];
  const overwrites = options.filter(([, option]) => actionOf(option).startsWith('OVERWRITE'));
  const rest = options.filter((one) => !overwrites.includes(one));
  const added = [...overwrites, ...rest].map(([index, option]) => {
    try {
      return compileOption(option);
    } catch (error) {
      throw error instanceof ConfigError ? error.under(field, index) : error;
    }
  });
  if (removed.length + added.length === 0) return undefined;
  return (headers, info) => {
    for (let at = 0; at < removed.length; at++) removeHeader(headers, removed[at] as string);
    for (let at = 0; at < added.length; at++) (added[at] as HeaderMutation)(headers, info);
  };
}

/** All levels in the order given; undefined when none does anything. */
export function joinMutations(levels: readonly (HeaderMutation | undefined)[]): HeaderMutation | undefined {
  const [first, ...more] = levels.filter((level) => level !== undefined);
  if (first === undefined || more.length === 0) return first;
  return (headers, info) => {
    first(headers, info);
    for (let at = 0; at < more.length; at++) (more[at] as HeaderMutation)(headers, info);
  };
}
