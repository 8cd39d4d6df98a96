/**
 * Lists of `envoy.config.common.mutation_rules.v3.HeaderMutation` and of `envoy.config.core.v3.KeyValueMutation`, compiled.
 * Each mutation sees what the one before it has done.
 */
import type { HeaderList } from '../../../common/header-list.js';
import type { Fields } from '../../../common/message-fields.js';
import { messageOf, messagesOf, textOf } from '../../../common/message-fields.js';
import { under } from '../../../network/config-path.js';
import { compileHeaderMutation } from '../../../route/compile-header-mutation.js';
import { compileStringMatcher } from '../../../route/compile-string-matcher.js';
import type { HeaderMutation } from '../../../route/route-table.js';

type Direction = 'request' | 'response';

function compileOne(config: Fields, direction: Direction): HeaderMutation {
  if (config.remove_on_match !== undefined) {
    const matcher = messageOf(config.remove_on_match).key_matcher;
    const test = under(() => compileStringMatcher(matcher), 'remove_on_match', 'key_matcher');
    return (headers) => removeWhere(headers, test);
  }
  const level: Fields =
    config.append === undefined
      ? { [`${direction}_headers_to_remove`]: [textOf(config.remove)] }
      : { [`${direction}_headers_to_add`]: [config.append] };
  return compileHeaderMutation(level, direction) as HeaderMutation;
}

function removeWhere(headers: HeaderList, test: (name: string) => boolean): void {
  let kept = 0;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string;
    if (name !== 'host' && test(name)) continue;
    headers[kept++] = name;
    headers[kept++] = headers[at + 1] as string;
  }
  headers.length = kept;
}

/** @returns undefined for an empty list. @throws ConfigError with the path from the list on */
export function compileMutations(configs: unknown, direction: Direction): HeaderMutation | undefined {
  const mutations = messagesOf(configs).map((config, index) =>
    under(() => compileOne(config, direction), index),
  );
  if (mutations.length === 0) return undefined;
  return (headers, info) => {
    for (let at = 0; at < mutations.length; at++) (mutations[at] as HeaderMutation)(headers, info);
  };
}
