/**
 * The compiler as a library.
 */
export type { CheckTextOptions } from './check-text.js';
export { checkText } from './check-text.js';
export { compile } from './compile.js';
export type { Diagnostic, RelatedLocation, Severity, SourceLocation } from './diagnostics/diagnostic.js';
export type { CodePage } from './diagnostics/diagnostic-codes.js';
export { diagnosticCodes } from './diagnostics/diagnostic-codes.js';
export type { EvaluatedModule } from './evaluate-module.js';
export { evaluateModule } from './evaluate-module.js';
export { formatJson } from './diagnostics/format-json.js';
export type { FormatTextOptions } from './diagnostics/format-text.js';
export { formatText } from './diagnostics/format-text.js';
export { ruleNames } from './lint/lint-bootstrap.js';
export type { CompileOptions, CompileResult } from './options.js';
export { writeOutput } from './write-output.js';
