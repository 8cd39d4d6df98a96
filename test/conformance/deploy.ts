/**
 * What `envoy3 deploy` writes, in the hands of the programs that it is written for. What is not installed is told, and
 * not counted as passed: with `CI` set it is a failure, but where nobody can have it.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ansibleCases } from './deploy/ansible-cases.js';
import { chefCases } from './deploy/chef-cases.js';
import { containerCases } from './deploy/container-cases.js';
import type { DeployCase, DeployPlace } from './deploy/deploy-case.js';
import { hasTool } from './deploy/deploy-case.js';
import { observerCases } from './deploy/observer-cases.js';
import { pipelineCases } from './deploy/pipeline-cases.js';
import { puppetCases } from './deploy/puppet-cases.js';
import { restarterCases } from './deploy/restarter-cases.js';
import { unitCases } from './deploy/unit-cases.js';

const cases: readonly DeployCase[] = [
  ...unitCases,
  ...ansibleCases,
  ...chefCases,
  ...puppetCases,
  ...containerCases,
  ...observerCases,
  ...pipelineCases,
  ...restarterCases,
];

async function outcome(one: DeployCase, place: Omit<DeployPlace, 'folder'>): Promise<string | undefined> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-deploy-'));
  try {
    await one.run({ ...place, folder });
    return undefined;
  } catch (error) {
    const { details = '', stack } = error as Error & { details?: string };
    return `${stack}\n${details}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** @param only part of the names of the cases to run */
export async function run(
  context: { readonly root: string; readonly envoyBin?: string },
  only = process.env.ENVOY3_CASES ?? '',
) {
  const lines: string[] = [];
  let [passed, failed] = [0, 0];
  for (const one of cases.filter(({ name }) => name.includes(only))) {
    const absent = one.tools.filter((tool) => !hasTool(tool, context));
    if (absent.length > 0) {
      lines.push(`NOT RUN ${one.name}: ${absent.join(', ')} is not here`);
      if (process.env.CI && one.rare !== true) failed++;
      continue;
    }
    const started = Date.now();
    const fault = await outcome(one, context);
    const seconds = ((Date.now() - started) / 1000).toFixed(1);
    if (fault === undefined) passed++;
    else failed++;
    lines.push(fault === undefined ? `ok ${one.name} (${seconds} s)` : `FAIL ${one.name}\n${fault}`);
  }
  return { lines, passed, failed };
}
