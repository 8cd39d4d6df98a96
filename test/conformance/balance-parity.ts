/**
 * Load balancing, hash policies, retries, circuit breakers and mirrors beside real Envoy, live: the same key has the same host,
 * the same failure has the same tries, flags and counters.
 */
import { join } from 'node:path';
import { balanceCases } from './balance-cases.js';
import type { BalanceCase, BalanceObservation } from './balance-rig.js';
import { BalanceHosts, observeBalance } from './balance-rig.js';
import type { DifferentialContext, DifferentialResult } from './differential.js';
import { runDifferential } from './differential.js';
import { mutationCases } from './mutation-cases.js';

const knownMutations = {
  'mutation: rewrite 5': 'a space would end the path in the request line: it is escaped',
};

function hostsAsCompared({ compares = 'order' }: BalanceCase, asked: readonly string[]): string {
  if (compares === 'none') return '';
  if (compares === 'counts') {
    const names = [...new Set(asked)].sort();
    return names.map((name) => `${name}: ${asked.filter((one) => one === name).length}`).join(', ');
  }
  return (compares === 'set' ? [...new Set(asked)].sort() : asked).join(' ');
}

/** The body is the host: where chance decides about it, it is left out. */
function answersAsCompared({ compares = 'order' }: BalanceCase, answers: readonly string[]): string {
  if (compares === 'order') return answers.join('\n');
  return answers.map((one) => one.replace(/^(200) \[\d\]/, '$1')).join('\n');
}

function differences(one: BalanceCase, real: BalanceObservation, ours: BalanceObservation): string[] {
  const found: string[] = [];
  const compare = (what: string, left: string, right: string): void => {
    if (left !== right)
      found.push(`${what}\n      Envoy  ${JSON.stringify(left)}\n      envoy3 ${JSON.stringify(right)}`);
  };
  compare('hosts', hostsAsCompared(one, real.hosts), hostsAsCompared(one, ours.hosts));
  compare('answers', answersAsCompared(one, real.answers), answersAsCompared(one, ours.answers));
  compare('log', real.log.join('\n'), ours.log.join('\n'));
  const ignored = new RegExp(one.ignoredStats ?? '^$');
  for (const name of new Set([...Object.keys(real.stats), ...Object.keys(ours.stats)])) {
    if (ignored.test(name)) continue;
    compare(`statistic ${name}`, real.stats[name] ?? 'absent', ours.stats[name] ?? 'absent');
  }
  return found;
}

export async function run(context: DifferentialContext): Promise<DifferentialResult> {
  const balance = await runBalance(context);
  const mutations = await runDifferential(mutationCases, knownMutations, context);
  return {
    passed: balance.passed + mutations.passed,
    failed: balance.failed + mutations.failed,
    lines: [...balance.lines, ...mutations.lines],
  };
}

async function runBalance(context: DifferentialContext): Promise<DifferentialResult> {
  const only = process.env.BALANCE_CASES;
  const cases = balanceCases.filter(({ id }) => only === undefined || new RegExp(only).test(id));
  const hosts = new BalanceHosts();
  await hosts.open(cases);
  try {
    const real = await observeBalance(cases, hosts, 'envoy', (file) => [
      context.envoyBin,
      [
        '-c',
        file,
        '--concurrency',
        '1',
        '--use-dynamic-base-id',
        '-l',
        'warning',
        '--file-flush-interval-msec',
        '50',
      ],
    ]);
    const ours = await observeBalance(cases, hosts, 'envoy3', (file) => [
      process.execPath,
      [
        join(context.root, 'cli', 'envoy3.mjs'),
        'serve',
        '-c',
        file,
        '--no-watch',
        '-l',
        'warning',
        '--file-flush-interval-msec',
        '50',
      ],
    ]);
    const lines: string[] = [];
    let failed = 0;
    for (const [at, one] of cases.entries()) {
      const found = differences(one, real[at] as BalanceObservation, ours[at] as BalanceObservation);
      if (found.length === 0) continue;
      failed++;
      lines.push(`${one.id}: ${found.join('\n    ')}`);
    }
    lines.unshift(`${cases.length} cases: ${cases.length - failed} equal, ${failed} differ`);
    return { passed: cases.length - failed, failed, lines };
  } finally {
    await hosts.close();
  }
}
