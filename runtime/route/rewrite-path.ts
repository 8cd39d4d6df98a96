import type { CompiledMatch } from './compile-route-match.js';

/** The path, and the query with its question mark (`''` when there is none). */
export function splitQuery(path: string): readonly [path: string, query: string] {
  const at = path.indexOf('?');
  return at < 0 ? [path, ''] : [path.slice(0, at), path.slice(at)];
}

/** `prefix_rewrite`: what matched is replaced; for a regex that is the whole path. @param path without query */
export function rewritePrefix(path: string, match: CompiledMatch, replacement: string): string {
  return match.value === '' ? replacement : replacement + path.slice(match.value.length);
}
