/**
 * `envoy.config.route.v3.QueryParameterMatcher`: a test of one parameter of a path.
 */
import type { Fields } from '../common/message-fields.js';
import { textOf } from '../common/message-fields.js';
import { toOctets } from '../common/octet-text.js';
import { under } from '../network/config-path.js';
import { compileStringMatcher } from './compile-string-matcher.js';
import { queryValue } from './query-value.js';
import type { RequestTest } from './route-table.js';

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
