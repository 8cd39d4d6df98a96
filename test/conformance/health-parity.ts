/**
 * Active health checking and outlier detection beside real Envoy: the same hosts that answer by the same script, and then
 * the same flags in `/clusters`, the same counters, the same checks on the wire and the same lines in the event logs.
 */
import { join } from 'node:path';
import { loadConfig } from '../../runtime/config/config-loader.js';
import { supportedFields } from '../../runtime/extensions.js';
import type { DifferentialContext, DifferentialResult } from './differential.js';
import type { HealthObservation, HealthScenario } from './health-rig.js';
import { clusterOf, observeHealth } from './health-rig.js';
import { healthScenarios } from './health-scenarios.js';

/** A scenario whose configuration the runtime does not serve yet is told, and neither passes nor fails. */
function refusal(scenario: HealthScenario): string | undefined {
  const text = JSON.stringify({
    static_resources: { clusters: [clusterOf(scenario, 'c', [], '/dev/null')] },
  });
  try {
    loadConfig(text, scenario.id, supportedFields);
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function differences(real: HealthObservation, ours: HealthObservation): string[] {
  const found: string[] = [];
  for (const key of Object.keys(real) as (keyof HealthObservation)[]) {
    if (real[key] === ours[key]) continue;
    const [left, right] = [real[key].split('\n'), ours[key].split('\n')];
    const only = (from: readonly string[], other: readonly string[]) =>
      (key === 'answers' ? from : from.filter((line) => !other.includes(line))).join(
        key === 'answers' ? ' ' : '\n        ',
      );
    found.push(`${key}\n      Envoy   ${only(left, right)}\n      envoy3  ${only(right, left)}`);
  }
  return found;
}

export async function run({ envoyBin, root }: DifferentialContext): Promise<DifferentialResult> {
  const lines: string[] = [];
  const served: HealthScenario[] = [];
  for (const scenario of healthScenarios) {
    const reason = refusal(scenario);
    if (reason === undefined) served.push(scenario);
    else lines.push(`not compared: ${scenario.id}: ${reason}`);
  }
  const common = ['-l', 'warning', '--file-flush-interval-msec', '50'];
  // One after the other: checks have time-outs, and two proxies at once would be late for each other.
  const real = await observeHealth(served, 'envoy', (file) => [
    envoyBin,
    ['-c', file, '--concurrency', '1', '--use-dynamic-base-id', ...common],
  ]);
  const ours = await observeHealth(served, 'envoy3', (file) => [
    process.execPath,
    [join(root, 'cli', 'envoy3.mjs'), 'serve', '-c', file, '--no-watch', ...common],
  ]);
  let passed = 0;
  for (const [at, { id }] of served.entries()) {
    const found = differences(real[at] as HealthObservation, ours[at] as HealthObservation);
    if (found.length === 0) passed++;
    else lines.push(`${id}: ${found.join('\n    ')}`);
  }
  const failed = served.length - passed;
  lines.unshift(`${served.length} scenarios: ${passed} equal, ${failed} differ`);
  return { passed, failed, lines };
}
