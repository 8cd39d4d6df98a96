/**
 * `RequirementRule`: which requirement a request has, by the first rule whose match fits.
 */
import type { Fields } from '../../../common/message-fields.js';
import { messageOf, messagesOf, textOf } from '../../../common/message-fields.js';
import { lowerAscii } from '../../../common/octet-text.js';
import { under } from '../../../network/config-path.js';
import { ConfigError } from '../../../network/filter.js';
import { compileRouteMatch, EXACT, PATTERN, PREFIX } from '../../../route/compile-route-match.js';
import type { RequestTest } from '../../../route/route-table.js';
import type { JwtProviders } from './authenticator.js';
import type { Requirement } from './compile-requirement.js';
import { compileRequirement } from './compile-requirement.js';

export interface Rule {
  readonly matches: RequestTest;
  /** undefined: none. */
  readonly requirement: Requirement | undefined;
}

/** Path, headers and query only: `grpc` and `runtime_fraction` do not count here, as in Envoy. */
function compileMatch(config: Fields): RequestTest {
  const { grpc: _grpc, runtime_fraction: _fraction, ...match } = config;
  const { foldsCase, kind, testPath, testRequest, text } = compileRouteMatch(match);
  const test = (given: string): boolean => {
    const path = foldsCase ? lowerAscii(given) : given;
    if (kind === PATTERN) return testPath?.(path) === true;
    if (kind === EXACT) return path === text;
    if (!path.startsWith(text)) return false;
    return kind === PREFIX || path.length === text.length || path[text.length] === '/';
  };
  return (request) => {
    const end = request.path.search(/[?#]/);
    return test(end < 0 ? request.path : request.path.slice(0, end)) && testRequest?.(request) !== false;
  };
}

export type Requirements = ReadonlyMap<string, Requirement>;

/** Of `requirement_map`. */
export function unknownRequirement(name: string, known: Requirements): string {
  return `Wrong requirement_name: ${name}. It should be one of [${[...known.keys()].sort().join(',')}]`;
}

/** @throws ConfigError with the path from the list on */
export function compileRules(given: unknown, providers: JwtProviders, known: Requirements): Rule[] {
  return messagesOf(given).map((rule, index) => {
    const matches = under(() => compileMatch(messageOf(rule.match)), index, 'match');
    if (rule.requires !== undefined) {
      return {
        matches,
        requirement: under(() => compileRequirement(rule.requires, providers), index, 'requires'),
      };
    }
    if (rule.requirement_name === undefined) return { matches, requirement: undefined };
    const name = textOf(rule.requirement_name);
    const requirement = known.get(name);
    if (requirement === undefined) {
      throw new ConfigError(unknownRequirement(name, known), [index, 'requirement_name']);
    }
    return { matches, requirement };
  });
}
