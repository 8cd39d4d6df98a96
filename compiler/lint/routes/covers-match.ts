/**
 * Whether one route match takes every request that another takes. Says yes only with a proof: the paths of the one hold
 * those of the other, and every further condition of the one follows from one of the other's.
 */
import { isDeepStrictEqual } from 'node:util';
import type { Fields } from '../../check/bootstrap-view.js';
import { fieldsAt, listAt, textAt } from '../../check/bootstrap-view.js';
import type { PathSet } from './path-set.js';
import { containsPaths, pathSetOf } from './path-set.js';
import { follows, normalCondition } from './text-condition.js';

const pathFields: ReadonlySet<string> = new Set([
  ...['prefix', 'path', 'safe_regex', 'path_separated_prefix', 'connect_matcher', 'path_match_policy'],
  'case_sensitive',
]);

const textConditions: ReadonlySet<string> = new Set(['headers', 'query_parameters']);

/** A `RouteMatch`, taken apart once. */
export interface MatchShape {
  readonly match: Fields;
  readonly paths: PathSet;
  /** Fields that are no path. */
  readonly conditions: readonly string[];
}

export function shapeOf(match: Fields): MatchShape {
  const conditions = Object.keys(match).filter(
    (field) => !pathFields.has(field) && !(Array.isArray(match[field]) && listAt(match[field]).length === 0),
  );
  return { match, paths: pathSetOf(match), conditions };
}

/** Every condition on a name follows from a condition on that name. */
function textsFollow(wanted: unknown, given: unknown): boolean {
  const conditions = listAt(given).map((one) => normalCondition(fieldsAt(one)));
  return listAt(wanted)
    .map((one) => normalCondition(fieldsAt(one)))
    .every((condition) => {
      const name = textAt(condition.name).toLowerCase();
      const { name: _wanted, ...rest } = condition;
      return conditions.some(
        ({ name: other, ...has }) => textAt(other).toLowerCase() === name && follows(has, rest),
      );
    });
}

function coversConditions(one: MatchShape, other: MatchShape): boolean {
  return one.conditions.every((field) => {
    // Passes a share of the requests on.
    if (field === 'runtime_fraction') return false;
    const [wanted, given] = [one.match[field], other.match[field]];
    if (textConditions.has(field)) return textsFollow(wanted, given);
    return Array.isArray(wanted)
      ? wanted.every((item) => listAt(given).some((has) => isDeepStrictEqual(item, has)))
      : isDeepStrictEqual(wanted, given);
  });
}

/** @param one the earlier match. @param other the later */
export function coversMatch(one: MatchShape, other: MatchShape): boolean {
  return coversConditions(one, other) && containsPaths(one.paths, other.paths);
}
