/**
 * All tests of one file against one configuration.
 */
import { judgeOutcome } from './judge-outcome.js';
import type { RouteTest, RouteTestResult } from './route-test.js';
import type { RouteSimulator } from './route-simulator.js';

/** In the order of the tests. */
export function runRouteTests(simulator: RouteSimulator, tests: readonly RouteTest[]): RouteTestResult[] {
  return tests.map((test) => {
    const outcome = simulator.simulate(test.request);
    return { test, outcome, mismatches: judgeOutcome(test, outcome) };
  });
}
