/**
 * The path of a request with another prefix, or changed by a regular expression; its query stays.
 */
import type { Fields } from '../common/message-fields.js';
import { textOf } from '../common/message-fields.js';
import { toOctets } from '../common/octet-text.js';
import { compileRegexRewrite } from './compile-regex.js';
import type { CompiledMatch } from './compile-route-match.js';
import { PATTERN } from './compile-route-match.js';
import { under } from '../network/config-path.js';

/** Where the query begins, with its question mark; the length of the path when it has none. */
export function endOfPath(path: string): number {
  const at = path.indexOf('?');
  return at < 0 ? path.length : at;
}

/** @param path with query. @returns path with query; undefined when nothing would be left of it, so that it stays */
export type PathRewrite = (path: string) => string | undefined;

/**
 * `prefix_rewrite` and `regex_rewrite` of a route or redirect action. What the prefix replaces is what the route matched: its
 * prefix, its path, or, for a regular expression, the whole path.
 * @returns undefined when the path stays. @throws ConfigError with the path inside the action
 */
export function compilePathRewrite(action: Fields, match: CompiledMatch): PathRewrite | undefined {
  const prefix = toOctets(textOf(action.prefix_rewrite));
  if (prefix !== '') {
    const { length } = match.text;
    if (match.kind === PATTERN) return (path) => prefix + path.slice(endOfPath(path));
    return (path) => prefix + path.slice(length);
  }
  if (action.regex_rewrite === undefined) return undefined;
  const rewrite = under(() => compileRegexRewrite(action.regex_rewrite), 'regex_rewrite');
  return (path) => {
    const end = endOfPath(path);
    const rewritten = rewrite(end === path.length ? path : path.slice(0, end));
    return rewritten === '' ? undefined : rewritten + path.slice(end);
  };
}
