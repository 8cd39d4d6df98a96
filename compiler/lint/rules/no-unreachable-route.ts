import type { Message } from '../../check/bootstrap-view.js';
import { isSet } from '../../check/bootstrap-view.js';
import { routeConfigurations } from '../../check/route-configurations.js';
import type { LintRule } from '../lint-rule.js';
import type { MatchShape } from '../routes/covers-match.js';
import { coversMatch, shapeOf } from '../routes/covers-match.js';
import { witnessRequest } from '../routes/witness-request.js';

interface Entry {
  readonly index: number;
  readonly route: Message;
  readonly shape: MatchShape;
}

/** Of expressions and other matches only this many earlier routes are compared. */
const furthest = 500;

const none: readonly Entry[] = [];

/** Earlier routes, found by the text that they begin with: hosts with thousands of routes exist. */
class EarlierRoutes {
  readonly #byText = new Map<string, Entry[]>();
  /** Lengths of those texts: few, in most hosts. */
  readonly #lengths = new Set<number>();
  readonly #all: Entry[] = [];
  /** Those whose text says nothing: regexes, and matches in any case. */
  readonly #others: Entry[] = [];

  add(entry: Entry): void {
    this.#all.push(entry);
    const { kind, text, anyCase } = entry.shape.paths;
    if (anyCase || kind === 'regex' || kind === 'other') this.#others.push(entry);
    else {
      const same = this.#byText.get(text);
      this.#lengths.add(text.length);
      if (same === undefined) this.#byText.set(text, [entry]);
      else same.push(entry);
    }
  }

  /** The first one that takes all of its requests. */
  covering({ shape }: Entry): Entry | undefined {
    const { kind, text, anyCase } = shape.paths;
    let first: Entry | undefined;
    const look = (entries: readonly Entry[]): void => {
      for (const entry of entries) {
        if (first !== undefined && entry.index > first.index) return;
        if (coversMatch(entry.shape, shape)) first = entry;
      }
    };
    if (kind === 'regex' || kind === 'other' || anyCase) look(this.#all.slice(0, furthest));
    else {
      // A set that holds this one begins with a part of its text.
      for (const length of this.#lengths) {
        if (length <= text.length) look(this.#byText.get(text.slice(0, length)) ?? none);
      }
      look(this.#others.slice(0, furthest));
    }
    return first;
  }
}

/**
 * # no-unreachable-route
 *
 * Envoy takes the first route of a virtual host that matches. A route behind one that matches everything it matches, and
 * more, is never taken: mostly a catch-all that slipped to the front. The rule compares prefixes, paths, regular
 * expressions (as languages, where that can be decided), headers and query parameters, speaks only when one earlier route
 * is proved to take all, and shows a request to try.
 *
 * Wrong:
 *
 * ```yaml routes
 * - match: { prefix: / }        # takes every request
 *   route: { cluster: web }
 * - match: { prefix: /api }     # never reached
 *   route: { cluster: api }
 * ```
 *
 * Right:
 *
 * ```yaml routes
 * - match: { prefix: /api }
 *   route: { cluster: api }
 * - match: { prefix: / }
 *   route: { cluster: web }
 * ```
 *
 * Source: Envoy documentation, "HTTP routing", route table.
 */
export const noUnreachableRoute: LintRule<'no-unreachable-route'> = {
  name: 'no-unreachable-route',
  pack: 'correctness',
  summary: 'no earlier route of a virtual host takes all requests of a later one',
  severity: 'warning',
  *check(view) {
    for (const configuration of routeConfigurations(view)) {
      for (const host of configuration.list('virtual_hosts')) {
        const earlier = new EarlierRoutes();
        for (const [index, route] of host.list('routes').entries()) {
          if (!isSet(route.value.match)) continue;
          const entry = { index, route, shape: shapeOf(route.at('match').value) };
          const covering = earlier.covering(entry);
          earlier.add(entry);
          if (covering === undefined) continue;
          const request = witnessRequest(entry.shape);
          const shown = request === undefined ? '' : `, such as ${request}`;
          yield {
            path: [...route.path, 'match'],
            message: `the route is never taken: an earlier route of the virtual host matches all of its requests${shown}`,
            fix: 'move it before the earlier route, or remove it',
            related: { path: [...covering.route.path, 'match'], message: 'this route matches first' },
          };
        }
      }
    }
  },
};
