/**
 * The compiler as a library.
 */
export type { CheckTextOptions } from './check-text.js';
export { checkText } from './check-text.js';
export { compile } from './compile.js';
export type { Diagnostic, RelatedLocation, Severity, SourceLocation } from './diagnostics/diagnostic.js';
export type { CodePage } from './diagnostics/diagnostic-codes.js';
export { diagnosticCodes } from './diagnostics/diagnostic-codes.js';
export { formatJson } from './diagnostics/format-json.js';
export type { FormatTextOptions } from './diagnostics/format-text.js';
export { formatText } from './diagnostics/format-text.js';
export { ruleNames } from './lint/lint-bootstrap.js';
export type { CompileOptions, CompileResult } from './options.js';
export { writeOutput } from './write-output.js';
export type { EvaluatedModule } from './evaluate-module.js';
export { evaluateModule } from './evaluate-module.js';
export { isConfigDump, readConfigDump } from './config-dump/read-config-dump.js';
export { readRouteTests, parseRequestLine } from './route-test/read-route-tests.js';
export { pathText } from './path-text.js';
export type {
  RouteMismatch,
  RouteOutcome,
  RoutePlace,
  RouteTest,
  RouteTestRequest,
  RouteTestResult,
} from './route-test/route-test.js';
export { RouteSimulator } from './route-test/route-simulator.js';
export { runRouteTests } from './route-test/run-route-tests.js';
export type { RouteCoverage } from './route-test/route-coverage.js';
export { routeCoverage } from './route-test/route-coverage.js';
export { replayBootstrap, replayListener } from './route-test/replay-bootstrap.js';
export { importConfiguration } from './import/import-configuration.js';
export type { ProvenImport } from './import/prove-import.js';
export { proveImport } from './import/prove-import.js';
export { emitYaml } from './emit/emit-yaml.js';
export type { FormattedYaml } from './format-yaml/format-yaml.js';
export { formatYaml } from './format-yaml/format-yaml.js';
export type { MigratedYaml, Rewrite } from './migrate/migrate-yaml.js';
export { migrateYaml } from './migrate/migrate-yaml.js';
export type { Change } from './diff/diff-configurations.js';
export { diffConfigurations } from './diff/diff-configurations.js';
export { diffJson, diffMarkdown, diffText } from './diff/format-diff.js';
export { documentHtml, documentMarkdown } from './document/document-configuration.js';
export { configurationGraph } from './graph/configuration-graph.js';
export { dot, graphJson, mermaid, svg } from './graph/draw-graph.js';
export type { Overview } from './overview/overview.js';
export { overviewOf } from './overview/overview.js';
export { planJson, planMarkdown, planText } from './plan/format-plan.js';
export type { Plan, PlanEngine } from './plan/plan-change.js';
export { planChange } from './plan/plan-change.js';
export { witnessRequests } from './route-test/witness-requests.js';
export type { SplitLayout } from './emit/split-layout.js';
export { emitSplit, splitLayout } from './emit/split-layout.js';
export { isUpToDate, outputHeader } from './emit/output-header.js';
