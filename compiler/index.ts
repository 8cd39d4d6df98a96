/**
 * The compiler as a library.
 */
export type { CheckFileOptions, CheckTextOptions } from './check-text.js';
export { checkFile, checkText } from './check-text.js';
export { compile } from './compile.js';
export type { CodePage } from './diagnostics/diagnostic-codes.js';
export { diagnosticCodes } from './diagnostics/diagnostic-codes.js';
export type { Diagnostic, RelatedLocation, Severity, SourceLocation } from './diagnostics/diagnostic.js';
export type { EvaluatedModule } from './evaluate-module.js';
export { evaluateModule } from './evaluate-module.js';
export { formatJson } from './diagnostics/format-json.js';
export type { FormatTextOptions } from './diagnostics/format-text.js';
export { formatText } from './diagnostics/format-text.js';
export type { FormatContext, FormatName } from './diagnostics/formats.js';
export { formatDiagnostics, formatNames } from './diagnostics/formats.js';
export type { CodeExample } from './diagnostics/code-examples.js';
export { codeExamples } from './diagnostics/code-examples.js';
export type { TextEdit } from './fix/change.js';
export { applyEdits } from './fix/text-edits.js';
export type { BaselineEntry } from './lint/baseline.js';
export { entriesOf, formatBaseline } from './lint/baseline.js';
export type { PlainLintSettings } from './lint/lint-config.js';
export type { LintRule } from './lint/lint-rule.js';
export { lintRules, ruleNames } from './lint/lint-rules.js';
export type { RuleExample } from './lint/rule-page.js';
export { examplesOf, rulePage } from './lint/rule-page.js';
export { emitYaml } from './emit/emit-yaml.js';
export { isUpToDate, outputHeader } from './emit/output-header.js';
export type { SplitLayout } from './emit/split-layout.js';
export { emitSplit, splitLayout } from './emit/split-layout.js';
export type { CompileOptions, CompileResult } from './options.js';
export { findSettings } from './settings/find-settings.js';
export { baselineFileOf } from './settings/load-settings.js';
export { writeOutput } from './write-output.js';
