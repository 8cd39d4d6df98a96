/**
 * `normalize_path`, `merge_slashes` and `path_with_escaped_slashes_action`, as measured on Envoy 1.40.
 */
import type { Fields } from '../common/message-fields.js';
import { textOf } from '../common/message-fields.js';

/** A path to go on with, or an answer to give. */
export type NormalizedPath =
  | { readonly kind: 'forward'; readonly path: string }
  | { readonly kind: 'redirect'; readonly path: string }
  | { readonly kind: 'reject' };

export type PathNormalizer = (path: string) => NormalizedPath;

const escapedSlash = /%2f|%5c/i;
const unreserved = /^[A-Za-z0-9\-._~]$/;

/** RFC 3986 section 6.2.2: unreserved characters are decoded, dot segments go; `\` counts as `/`, as browsers have it. */
function normalize(path: string): string {
  const decoded = path.replaceAll('\\', '/').replace(/%([0-9a-f]{2})/gi, (all, hex: string) => {
    const character = String.fromCharCode(Number.parseInt(hex, 16));
    return unreserved.test(character) ? character : all;
  });
  if (!/(?:^|\/)\.{1,2}(?:[/;]|$)/.test(decoded)) return decoded;
  const out: string[] = [];
  const segments = decoded.split('/').slice(1);
  for (const [index, segment] of segments.entries()) {
    // A parameter of a dot segment goes with it.
    const name = segment.startsWith('.') ? (segment.split(';', 1)[0] as string) : segment;
    const isLast = index === segments.length - 1;
    if (name === '.' || name === '..') {
      if (name === '..') out.pop();
      if (isLast) out.push('');
    } else out.push(segment);
  }
  return `/${out.join('/')}`;
}

/** A path of slashes only keeps two of them, as Envoy's does. */
function mergeSlashes(path: string): string {
  if (/^\/{2,}$/.test(path)) return '//';
  return path.replace(/\/{2,}/g, '/');
}

/** @returns undefined when no path is ever changed. @param manager the `HttpConnectionManager` */
export function createPathNormalizer(manager: Fields): PathNormalizer | undefined {
  const wantsNormal = manager.normalize_path === true;
  const wantsMerge = manager.merge_slashes === true;
  const action = textOf(manager.path_with_escaped_slashes_action, 'KEEP_UNCHANGED');
  const escapes =
    action === 'KEEP_UNCHANGED' || action === 'IMPLEMENTATION_SPECIFIC_DEFAULT' ? undefined : action;
  if (!wantsNormal && !wantsMerge && escapes === undefined) return undefined;
  // What most paths are: nothing to do, told by one test.
  const suspicious = /\/\/|\\|%|\/\.|^[^/]/;
  return (given) => {
    const question = given.indexOf('?');
    let path = question < 0 ? given : given.slice(0, question);
    if (!suspicious.test(path)) return { kind: 'forward', path: given };
    const query = question < 0 ? '' : given.slice(question);
    let unescaped = false;
    if (escapes !== undefined && escapedSlash.test(path)) {
      if (escapes === 'REJECT_REQUEST') return { kind: 'reject' };
      path = path.replace(/%2f/gi, '/').replace(/%5c/gi, '\\');
      unescaped = true;
    }
    if (wantsNormal) {
      // A NUL ends the path for whoever reads it in C.
      if (path.includes('%00')) return { kind: 'reject' };
      path = normalize(path);
    }
    if (wantsMerge) path = mergeSlashes(path);
    return {
      kind: unescaped && escapes === 'UNESCAPE_AND_REDIRECT' ? 'redirect' : 'forward',
      path: path + query,
    };
  };
}
