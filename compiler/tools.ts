/**
 * What looks at configurations besides compiling them: route tests, import, migration, differences, drawings. A module of
 * its own, since a build needs none of it.
 */
export { isConfigDump, readConfigDump } from './config-dump/read-config-dump.js';
export type { Change } from './diff/diff-configurations.js';
export { diffConfigurations } from './diff/diff-configurations.js';
export { diffJson, diffMarkdown, diffText } from './diff/format-diff.js';
export { documentHtml, documentMarkdown } from './document/document-configuration.js';
export type { EvaluatedModule } from './evaluate-module.js';
export { evaluateModule } from './evaluate-module.js';
export type { FormattedYaml } from './format-yaml/format-yaml.js';
export { formatYaml } from './format-yaml/format-yaml.js';
export { configurationGraph } from './graph/configuration-graph.js';
export { dot, graphJson, mermaid, svg } from './graph/draw-graph.js';
export { importConfiguration } from './import/import-configuration.js';
export type { ProvenImport } from './import/prove-import.js';
export { proveImport } from './import/prove-import.js';
export type { MigratedYaml, Rewrite } from './migrate/migrate-yaml.js';
export { migrateYaml } from './migrate/migrate-yaml.js';
export type { Overview } from './overview/overview.js';
export { overviewOf } from './overview/overview.js';
export { pathText } from './path-text.js';
export { planJson, planMarkdown, planText } from './plan/format-plan.js';
export type { Plan, PlanEngine } from './plan/plan-change.js';
export { planChange } from './plan/plan-change.js';
export { readRouteTests } from './route-test/read-route-tests.js';
export { replayBootstrap, replayListener } from './route-test/replay-bootstrap.js';
export { parseRequestLine } from './route-test/request-line.js';
export type { RouteCoverage } from './route-test/route-coverage.js';
export { routeCoverage } from './route-test/route-coverage.js';
export { RouteSimulator } from './route-test/route-simulator.js';
export type {
  RouteMismatch,
  RouteOutcome,
  RoutePlace,
  RouteTest,
  RouteTestRequest,
  RouteTestResult,
} from './route-test/route-test.js';
export { runRouteTests } from './route-test/run-route-tests.js';
export { witnessRequests } from './route-test/witness-requests.js';
