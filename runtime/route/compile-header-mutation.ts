/**
 * `*_headers_to_add` and `*_headers_to_remove` of one level, and the levels one after the other. The order inside a level
 * is Envoy's: remove; make all values, out of what is there then; replace; append.
 */
import { compileHeaderFormat } from '../access-log/formatter.js';
import type { HeaderList } from '../common/header-list.js';
import { getHeader, removeHeader, setHeader } from '../common/header-list.js';
import { joinToHeader, requestInlineHeaders, responseInlineHeaders } from '../common/inline-headers.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, textOf } from '../common/message-fields.js';
import type { StreamInfo } from '../common/stream-info.js';
import { ConfigError } from '../network/filter.js';
import { under } from '../network/config-path.js';
import type { HeaderMutation } from './route-table.js';

type Direction = 'request' | 'response';

interface Option {
  readonly name: string;
  /** The value where it is the same for all requests. */
  readonly constant: string;
  readonly format: ((info: StreamInfo) => string) | undefined;
  readonly keepEmpty: boolean;
  readonly overwrites: boolean;
  /** Only where the header is there (true), or is not (false). */
  readonly wantsExisting: boolean | undefined;
  /** Repeats of this header are joined to one line. */
  readonly joins: boolean;
}

const actions: Readonly<Record<string, Pick<Option, 'overwrites' | 'wantsExisting'>>> = {
  APPEND_IF_EXISTS_OR_ADD: { overwrites: false, wantsExisting: undefined },
  ADD_IF_ABSENT: { overwrites: false, wantsExisting: false },
  OVERWRITE_IF_EXISTS_OR_ADD: { overwrites: true, wantsExisting: undefined },
  OVERWRITE_IF_EXISTS: { overwrites: true, wantsExisting: true },
};

function compileOption(option: Fields, inline: ReadonlySet<string>): Option {
  const header = messageOf(option.header);
  const name = textOf(header.key).toLowerCase();
  if (name.startsWith(':') || name === 'host') {
    throw new ConfigError(':-prefixed or host headers may not be modified', ['header', 'key']);
  }
  const format = under(() => compileHeaderFormat(textOf(header.value)), 'header', 'value');
  const byDefault = option.append === false ? 'OVERWRITE_IF_EXISTS_OR_ADD' : 'APPEND_IF_EXISTS_OR_ADD';
  const action = actions[textOf(option.append_action, byDefault)];
  if (action === undefined) throw new ConfigError('unknown append action', ['append_action']);
  return {
    name,
    constant: typeof format === 'string' ? format : '',
    format: typeof format === 'string' ? undefined : format,
    keepEmpty: option.keep_empty_value === true,
    ...action,
    joins: inline.has(name),
  };
}

function append(headers: HeaderList, { joins, name }: Option, value: string): void {
  if (joins) joinToHeader(headers, name, value);
  else headers.push(name, value);
}

/** The usual case: nothing is replaced and no value depends on the request, so nothing can see what another one did. */
function appendConstants(options: readonly Option[]): HeaderMutation {
  const kept = options.filter(({ constant, keepEmpty }) => constant !== '' || keepEmpty);
  return (headers) => {
    for (let at = 0; at < kept.length; at++) {
      const option = kept[at] as Option;
      append(headers, option, option.constant);
    }
  };
}

function applyOptions(options: readonly Option[]): HeaderMutation {
  // One request at a time is in here, so its values can stand in a list that stays.
  const values: (string | undefined)[] = options.map(() => undefined);
  return (headers, info) => {
    for (let at = 0; at < options.length; at++) {
      const { constant, format, keepEmpty, name, wantsExisting } = options[at] as Option;
      const value = format === undefined ? constant : format(info);
      const takes =
        (value !== '' || keepEmpty) &&
        (wantsExisting === undefined || (getHeader(headers, name) !== undefined) === wantsExisting);
      values[at] = takes ? value : undefined;
    }
    for (let at = 0; at < options.length; at++) {
      const option = options[at] as Option;
      const value = values[at];
      if (option.overwrites && value !== undefined) setHeader(headers, option.name, value);
    }
    for (let at = 0; at < options.length; at++) {
      const option = options[at] as Option;
      const value = values[at];
      if (!option.overwrites && value !== undefined) append(headers, option, value);
      values[at] = undefined;
    }
  };
}

function compileRemoval(level: Fields, field: string): readonly string[] {
  return ((level[field] ?? []) as readonly string[]).map((given, index) => {
    const name = given.toLowerCase();
    if (name.startsWith(':') || name === 'host') {
      throw new ConfigError(':-prefixed or host headers may not be removed', [field, index]);
    }
    return name;
  });
}

/**
 * One level: a route, a virtual host, a route configuration or a weighted cluster.
 * @returns undefined when there is nothing to do. @throws ConfigError with the path inside the level
 */
export function compileHeaderMutation(level: Fields, direction: Direction): HeaderMutation | undefined {
  const inline = direction === 'request' ? requestInlineHeaders : responseInlineHeaders;
  const field = `${direction}_headers_to_add`;
  const removed = compileRemoval(level, `${direction}_headers_to_remove`);
  const options = messagesOf(level[field]).map((option, index) =>
    under(() => compileOption(option, inline), field, index),
  );
  const isPlain = options.every(
    ({ format, overwrites, wantsExisting }) =>
      format === undefined && !overwrites && wantsExisting === undefined,
  );
  const add = isPlain ? appendConstants(options) : applyOptions(options);
  if (removed.length === 0) return options.length === 0 ? undefined : add;
  return (headers, info) => {
    for (let at = 0; at < removed.length; at++) removeHeader(headers, removed[at] as string);
    add(headers, info);
  };
}

/** All levels in the order given; undefined when none does anything. */
export function joinMutations(levels: readonly (HeaderMutation | undefined)[]): HeaderMutation | undefined {
  const all = levels.filter((level) => level !== undefined);
  const [first, second] = all;
  if (second === undefined) return first;
  return (headers, info) => {
    for (let at = 0; at < all.length; at++) (all[at] as HeaderMutation)(headers, info);
  };
}
