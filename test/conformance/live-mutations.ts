/**
 * Fresh faults against real Envoy: mutants of the corpus, drawn from a seed that is printed, are put to `envoy --mode
 * validate` and to the compiler for about a minute. `LIVE_MUTATIONS_SEED` repeats a run, `LIVE_MUTATIONS_SECONDS` sets its
 * length. A share of agreement below the floor fails, and every disagreement is listed, false refusals first.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Mutant } from './mutate.js';
import { mutate, randomOf } from './mutate.js';
import type { Original, Verdict } from './validate-live.js';
import { askEnvoy, ofFiles, originals, ours } from './validate-live.js';

/** Share of equal verdicts, in percent, that a run must reach. */
const floorPercent = 99.5;

interface Case {
  readonly file: string;
  readonly mutant: Mutant;
  readonly envoy: Verdict;
  readonly here: Verdict;
}

export async function run(context: {
  readonly envoyBin: string;
  readonly sharedDir: string;
}): Promise<{ passed: number; failed: number; lines: string[] }> {
  const seed = Number(process.env.LIVE_MUTATIONS_SEED ?? Math.floor(Math.random() * 2 ** 32));
  const seconds = Number(process.env.LIVE_MUTATIONS_SECONDS ?? 60);
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-mutations-'));
  const cases: Case[] = [];
  try {
    const sources = await originals(context.sharedDir, folder);
    const random = randomOf(seed);
    const end = Date.now() + seconds * 1000;
    const worker = async (name: string): Promise<void> => {
      while (Date.now() < end) {
        const source = sources[Math.floor(random() * sources.length)] as Original;
        // Each mutant has a seed of its own, drawn in order: the workers' pace does not matter.
        const mutant = mutate(source.value, randomOf(Math.floor(random() * 2 ** 32)));
        if (mutant === undefined) continue;
        const envoy = await askEnvoy(context.envoyBin, folder, name, mutant.value);
        if (!envoy.accepted && ofFiles.test(envoy.message)) continue;
        cases.push({ file: source.file, mutant, envoy, here: ours(mutant.value, folder) });
      }
    };
    await Promise.all(['a', 'b'].map(worker));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return report(cases, seed);
}

function report(cases: readonly Case[], seed: number): { passed: number; failed: number; lines: string[] } {
  const differing = cases.filter(({ envoy, here }) => envoy.accepted !== here.accepted);
  const refusals = differing.filter(({ envoy }) => envoy.accepted);
  const accepted = cases.filter(({ envoy }) => envoy.accepted).length;
  const share = (100 * (cases.length - differing.length)) / Math.max(1, cases.length);
  const show = ({ file, mutant, envoy, here }: Case): string =>
    `${envoy.accepted ? 'REFUSED, Envoy accepts' : 'accepted, Envoy refuses'}: ${file.split('/').at(-1)} ${mutant.kind}: ${mutant.text} | ${envoy.accepted ? here.message : envoy.message}`;
  const lines = [
    `seed ${seed}: ${cases.length} mutants (${accepted} that Envoy accepts), ${share.toFixed(2)} % equal verdicts`,
    `${refusals.length} refused that Envoy accepts, ${differing.length - refusals.length} accepted that Envoy refuses`,
    ...[...refusals, ...differing.filter(({ envoy }) => !envoy.accepted)].map(show),
  ];
  const good = cases.length > 0 && share >= floorPercent;
  return { passed: cases.length - differing.length, failed: good ? 0 : 1, lines };
}
