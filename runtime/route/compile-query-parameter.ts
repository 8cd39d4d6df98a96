/**
 * `envoy.config.route.v3.QueryParameterMatcher`: a test of one parameter of a path.
 */
import type { Fields } from '../common/message-fields.js';
import { textOf } from '../common/message-fields.js';
import { toOctets } from '../common/octet-text.js';
import { under } from '../network/config-path.js';
import { compileStringMatcher } from './compile-string-matcher.js';
import type { RequestTest } from './route-table.js';

/** The first value of a query parameter, undecoded, as Envoy compares it; undefined when it is absent. */
export function queryValue(path: string, name: string): string | undefined {
  let at = path.indexOf('?');
  while (at >= 0) {
    const start = at + 1;
    at = path.indexOf('&', start);
    const end = at < 0 ? path.length : at;
    if (!path.startsWith(name, start)) continue;
    const equals = start + name.length;
    if (equals === end) return '';
    if (equals < end && path[equals] === '=') return path.slice(equals + 1, end);
  }
  return undefined;
}

/** @throws ConfigError with the path inside the matcher */
export function compileQueryParameter(config: Fields): RequestTest {
  const name = toOctets(textOf(config.name));
  if (config.string_match === undefined) {
    const wanted = config.present_match !== false;
    return (request) => (queryValue(request.path, name) !== undefined) === wanted;
  }
  const test = under(() => compileStringMatcher(config.string_match), 'string_match');
  return (request) => {
    const value = queryValue(request.path, name);
    return value !== undefined && test(value);
  };
}
