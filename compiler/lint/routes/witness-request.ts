/**
 * A request that a route match takes, in words: the proof that people can try.
 */
import { fieldsAt, isSet, listAt, textAt } from '../../check/bootstrap-view.js';
import type { MatchShape } from './covers-match.js';
import { samplePath } from './path-set.js';
import { normalCondition, sampleText } from './text-condition.js';

/** `GET /api?v=1 with x-canary: yes`; undefined when no such request is known. */
export function witnessRequest({ match, paths }: MatchShape): string | undefined {
  const path = samplePath(paths);
  if (path === undefined || isSet(match.dynamic_metadata) || isSet(match.filter_state)) return undefined;
  let method = 'GET';
  const headers: string[] = isSet(match.grpc) ? ['content-type: application/grpc'] : [];
  for (const item of listAt(match.headers)) {
    const condition = normalCondition(fieldsAt(item));
    const text = sampleText(condition);
    if (text === null) return undefined;
    if (text === undefined) continue;
    const name = textAt(condition.name);
    if (name === ':method') method = text;
    else headers.push(`${name}: ${text}`);
  }
  const query: string[] = [];
  for (const item of listAt(match.query_parameters)) {
    const condition = normalCondition(fieldsAt(item));
    const text = sampleText(condition);
    if (text === null) return undefined;
    if (text !== undefined) query.push(`${textAt(condition.name)}=${text}`);
  }
  const target = query.length === 0 ? path : `${path}?${query.join('&')}`;
  return `${method} ${target}${headers.length === 0 ? '' : ` with ${headers.join(', ')}`}`;
}
