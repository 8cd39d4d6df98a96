/**
 * Route tests as data -> `RouteTest`s. Two forms are told apart by their keys: the one of `defineRouteTests`
 * (`request`, `expect`), and that of Envoy's router_check_tool (`input`, `validate`), in both of its ages.
 */
import type { Path } from '../../dsl/api/index.js';
import { isObject, objectAt, Refusal } from './checked-fields.js';
import { ownTest } from './own-test.js';
import type { RouteTest } from './route-test.js';
import { routerCheckTest } from './router-check-test.js';

/** What is wrong with a file of tests. */
export interface RouteTestIssue {
  readonly path: Path;
  readonly message: string;
}

/** The tests that are sound, and what is wrong with the others. */
export interface ReadRouteTests {
  /** Path of the configuration, relative to the file of the tests; undefined when the file names none. */
  readonly config?: string;
  readonly tests: readonly RouteTest[];
  readonly issues: readonly RouteTestIssue[];
}

/** @param value of the file: a list of tests, or an object with `tests` */
export function readRouteTests(value: unknown): ReadRouteTests {
  const issues: RouteTestIssue[] = [];
  const file = isObject(value) ? value : { tests: value };
  const base: Path = isObject(value) ? ['tests'] : [];
  if (!Array.isArray(file.tests)) {
    const message = "there are no route tests: 'tests' must be a list";
    return { tests: [], issues: [{ path: [], message }] };
  }
  if (file.tests.length === 0) issues.push({ path: base, message: 'there are no route tests' });
  if (file.config !== undefined && typeof file.config !== 'string') {
    issues.push({ path: ['config'], message: 'must be the path of a configuration' });
  }
  const tests = file.tests.flatMap((one: unknown, index): RouteTest[] => {
    const path: Path = [...base, index];
    try {
      const given = objectAt(one);
      const test = 'input' in given || 'validate' in given ? routerCheckTest(given) : ownTest(given);
      return [{ ...test, path }];
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      issues.push({ path: [...path, ...error.steps], message: error.message });
      return [];
    }
  });
  const config = typeof file.config === 'string' ? { config: file.config } : {};
  return { ...config, tests, issues };
}
