/**
 * The checks against real Envoy: the recorded faults that no schema can know (unknown clusters, duplicates, order,
 * addresses, regexes), and everything that Envoy accepts. A refusal of what Envoy accepts fails at once; of the faults a
 * share is known, and that share must not fall.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkBootstrap } from '../../compiler/check/check-bootstrap.js';
import { readMessage, readYaml } from '../../dsl/api/index.js';
import { readMutants } from './mutants.js';

const bootstrap = 'envoy.config.bootstrap.v3.Bootstrap';

/** Faults of the classes `cross-reference` and `runtime` (211 in all) that the checks knew when this was last raised. */
const floor = 211;

function findingsOf(value: unknown): readonly string[] {
  const read = readMessage(bootstrap, value);
  if (read.issues.length > 0) return read.issues.map((issue) => issue.message);
  return checkBootstrap(read.value).map(({ code, path, message }) => `${code} ${path.join('.')}: ${message}`);
}

export async function run(sharedDir: string): Promise<{ passed: number; failed: number; lines: string[] }> {
  const lines: string[] = [];
  let passed = 0;
  let failed = 0;
  let known = 0;
  let faults = 0;
  const accepted = (name: string, findings: readonly string[]): void => {
    if (findings.length === 0) passed++;
    else {
      failed++;
      lines.push(`refused, Envoy accepts: ${name}: ${findings[0]}`);
    }
  };
  for (const row of readFileSync(join(sharedDir, 'corpus', 'VERDICTS.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)) {
    const [path = '', , , , verdict] = row.split('\t');
    const findings = findingsOf(readYaml(readFileSync(join(sharedDir, 'corpus', path), 'utf8')).value);
    if (verdict === 'accept') accepted(path, findings);
    else if (findings.length > 0) passed++;
    else {
      failed++;
      lines.push(`accepted, Envoy refuses: ${path}`);
    }
  }
  for (const { row, value } of readMutants(sharedDir)) {
    if (row.verdict === 'accept') accepted(`${row.file} ${row.op} ${row.path}`, findingsOf(value));
    else if (row.class === 'cross-reference' || row.class === 'runtime') {
      faults++;
      if (findingsOf(value).length > 0) known++;
      else lines.push(`not known: ${row.file} ${row.op} ${row.path}: ${row.message.slice(0, 140)}`);
    }
  }
  passed += known;
  if (known < floor) {
    failed++;
    lines.unshift(`only ${known} faults are known, ${floor} were before`);
  }
  return {
    passed,
    failed,
    lines: [`${known} of ${faults} faults known (at least ${floor} demanded)`, ...lines],
  };
}
