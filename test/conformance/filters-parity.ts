/**
 * HTTP filters beside real Envoy: every case of `filter-cases`, live to both.
 */
import type { DifferentialContext, DifferentialResult } from './differential.js';
import { runDifferential } from './differential.js';
import { filterCases } from './filter-cases.js';
import { knownDifferences } from './known-differences.js';

/** `ENVOY3_PARITY` names one group. */
export async function run(context: DifferentialContext): Promise<DifferentialResult> {
  let passed = 0;
  let failed = 0;
  const lines: string[] = [];
  const only = process.env.ENVOY3_PARITY;
  for (const [group, cases] of Object.entries(filterCases)) {
    if (only !== undefined && only !== group) continue;
    const result = await runDifferential(cases, knownDifferences, context);
    passed += result.passed;
    failed += result.failed;
    lines.push(...result.lines.map((line) => `${group}: ${line}`));
  }
  return { passed, failed, lines };
}
