/**
 * E3012: regular expressions that RE2 does not compile. Envoy compiles them when it builds what they stand in; those of
 * `stats_config` only when it runs.
 */
import { RE2JS } from 're2js';
import type { BootstrapView, Message } from './bootstrap-view.js';
import { textAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';

const matchers = ['envoy.type.matcher.v3.RegexMatcher', 'xds.type.matcher.v3.RegexMatcher'];

/** RE2 takes these and the library here does not: `\C`, and a group name used twice. */
const falseAlarm = /\\C|duplicate capture group name/;

function inStatsConfig(message: Message): boolean {
  return message.path[0] === 'stats_config';
}

export function* regexes(view: BootstrapView): Generator<Finding> {
  for (const matcher of matchers.flatMap((type) => view.all(type))) {
    if (inStatsConfig(matcher)) continue;
    try {
      RE2JS.compile(textAt(matcher.value.regex));
    } catch (error) {
      const reason = (error as Error).message;
      if (falseAlarm.test(reason)) continue;
      yield {
        code: 'E3012',
        severity: 'error',
        path: [...matcher.path, 'regex'],
        message: `not a regular expression of RE2: ${reason.replace(/^error parsing regexp: /, '')}`,
        fix: 'RE2 has no look-around and no back references, and repeats at most 1,000 times',
      };
    }
  }
}
