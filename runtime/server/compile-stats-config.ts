/**
 * `envoy.config.metrics.v3.StatsConfig`: which statistics there are, and which tags their names have.
 */
import { RE2JS } from 're2js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, textOf } from '../common/message-fields.js';
import { under } from '../network/config-path.js';
import { ConfigError } from '../network/filter.js';
import { compileStringMatcher } from '../route/compile-string-matcher.js';
import type { ExtractTags, Tag, TagRule } from '../stats/tag-extractor.js';
import { createTagExtractor, isDefaultTag } from '../stats/tag-extractor.js';

export interface CompiledStatsConfig {
  /** undefined: none is. */
  readonly isRejected: ((name: string) => boolean) | undefined;
  readonly extractTags: ExtractTags;
}

function compileMatcher(given: unknown): CompiledStatsConfig['isRejected'] {
  if (given === undefined) return undefined;
  const config = messageOf(given);
  if (config.reject_all !== undefined) return () => config.reject_all === true;
  const field = config.exclusion_list === undefined ? 'inclusion_list' : 'exclusion_list';
  const tests = messagesOf(messageOf(config[field]).patterns).map((pattern, index) =>
    under(() => compileStringMatcher(pattern), field, 'patterns', index),
  );
  const excludes = field === 'exclusion_list';
  return (name) => tests.some((test) => test(name)) === excludes;
}

/** The first group goes out of the name, the second, or else the first, is the value. @throws ConfigError at `regex` */
function compileRegexTag(tag: string, regex: string): TagRule {
  let pattern: RE2JS;
  try {
    pattern = RE2JS.compile(regex);
  } catch (error) {
    throw new ConfigError((error as Error).message, ['regex']);
  }
  const groups = pattern.groupCount();
  if (groups === 0) {
    throw new ConfigError(`a tag needs a part of the name in parentheses: '${regex}'`, ['regex']);
  }
  return {
    tag,
    // Envoy looks up a rule for one beginning by it, which tells its place among the others.
    first: /^\^([A-Za-z0-9_]+)(?:\\\.|\(\?=\\\.\))/.exec(regex)?.[1],
    find(name) {
      const matcher = pattern.matcher(name);
      if (!matcher.find()) return undefined;
      const from = matcher.start(1);
      const value = matcher.group(groups > 1 ? 2 : 1);
      return from < 0 || value === null ? undefined : { value, from, to: matcher.end(1) };
    },
  };
}

/** @throws ConfigError with the path inside the message */
export function compileStatsConfig(given: unknown): CompiledStatsConfig {
  const config = messageOf(given);
  const usesDefaults = config.use_all_default_tags !== false;
  const named = new Set<string>();
  const rules: TagRule[] = [];
  const fixed: Tag[] = [];
  const seen = new Set<string>();
  const add = (specifier: Fields): void => {
    const name = textOf(specifier.tag_name);
    if (seen.has(name) || (usesDefaults && isDefaultTag(name))) {
      throw new ConfigError(`Tag name '${name}' specified twice.`, ['tag_name']);
    }
    seen.add(name);
    const regex = textOf(specifier.regex);
    if (specifier.fixed_value !== undefined) fixed.push({ name, value: textOf(specifier.fixed_value) });
    else if (regex !== '') rules.push(compileRegexTag(name, regex));
    else if (isDefaultTag(name)) named.add(name);
    else {
      throw new ConfigError(`No regex specified for tag specifier and no default regex for name: '${name}'`);
    }
  };
  for (const [index, specifier] of messagesOf(config.stats_tags).entries()) {
    under(() => add(specifier), 'stats_tags', index);
  }
  return {
    isRejected: under(() => compileMatcher(config.stats_matcher), 'stats_matcher'),
    extractTags: createTagExtractor({ isWanted: (tag) => usesDefaults || named.has(tag), rules, fixed }),
  };
}
