/**
 * One line about every code: those of the compiler and the lint rules.
 */
import { lintRules } from '../lint/lint-rules.js';
import { diagnosticCodes } from './diagnostic-codes.js';

export function titleOf(code: string): string | undefined {
  return diagnosticCodes[code]?.title ?? lintRules.find(({ name }) => name === code)?.summary;
}
