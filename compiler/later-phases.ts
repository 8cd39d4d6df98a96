/**
 * The phases behind the evaluation. They stand on the table of the API and on all checks and rules, so they are loaded
 * while the type checker runs.
 */
export { findProblems } from './check/find-problems.js';
export { emitYaml } from './emit/emit-yaml.js';
export { suppress } from './lint/suppress.js';
