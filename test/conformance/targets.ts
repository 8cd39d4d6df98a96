/**
 * `--target`: the facts of each older release against the descriptors and extensions inside its own binary, and its verdicts
 * (the corpus, then fresh faults) against those of that binary. `TARGETS_SECONDS` sets the time for the faults of each
 * release, `TARGETS_SEED` repeats them, `TARGETS_ONLY=1.38` takes one release.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { targetApi } from '../../dsl/api/history/target-api.js';
import type { TargetApi } from '../../dsl/api/index.js';
import { readRelease } from '../../dsl/generate/update.js';
import { factLines } from './api-facts.js';
import { mutate, randomOf } from './mutate.js';
import type { Original, Verdict } from './validate-live.js';
import { askEnvoy, ofFiles, originals, ours } from './validate-live.js';

/** Share of equal verdicts, in percent, that each release must reach. */
const floorPercent = 99;

interface Context {
  readonly sharedDir: string;
  readonly olderBinaries: readonly { readonly release: string; readonly envoyBin: string }[];
}

interface Tally {
  passed: number;
  failed: number;
  readonly lines: string[];
}

async function compareFacts(
  release: string,
  envoyBin: string,
  target: TargetApi,
  tally: Tally,
): Promise<void> {
  const real = factLines(await readRelease(release, envoyBin));
  const known = factLines(target.model);
  const differing = [
    ...[...real].filter((line) => !known.has(line)).map((line) => `- ${line}`),
    ...[...known].filter((line) => !real.has(line)).map((line) => `+ ${line}`),
  ];
  tally.passed += real.size;
  tally.failed += differing.length;
  tally.lines.push(`${release}: ${real.size} facts, ${differing.length} differ`, ...differing.slice(0, 10));
}

interface Judged {
  readonly what: string;
  readonly envoy: Verdict;
  readonly here: Verdict;
}

function report(title: string, cases: readonly Judged[], floor: number, tally: Tally): void {
  const differing = cases.filter(({ envoy, here }) => envoy.accepted !== here.accepted);
  const share = (100 * (cases.length - differing.length)) / Math.max(1, cases.length);
  tally.passed += cases.length - differing.length;
  if (cases.length === 0 || share < floor) tally.failed += Math.max(1, differing.length);
  tally.lines.push(
    `${title}: ${cases.length} bootstraps (${cases.filter(({ envoy }) => envoy.accepted).length} that it accepts), ${share.toFixed(2)} % equal verdicts`,
    ...differing.map(
      ({ envoy, here, what }) =>
        `${envoy.accepted ? 'REFUSED, Envoy accepts' : 'accepted, Envoy refuses'}: ${what} | ${envoy.accepted ? here.message : envoy.message}`,
    ),
  );
}

/** Two at a time, until there is nothing more. */
async function inPairs(next: (name: string) => Promise<boolean>): Promise<void> {
  const worker = async (name: string): Promise<void> => {
    while (await next(name));
  };
  await Promise.all(['a', 'b'].map(worker));
}

async function judge(
  context: { readonly envoyBin: string; readonly folder: string; readonly target: TargetApi },
  name: string,
  what: string,
  value: unknown,
  cases: Judged[],
): Promise<void> {
  const envoy = await askEnvoy(context.envoyBin, context.folder, name, value);
  if (!envoy.accepted && ofFiles.test(envoy.message)) return;
  cases.push({ what, envoy, here: ours(value, context.folder, context.target) });
}

async function judgeRelease(
  { envoyBin, release }: { readonly release: string; readonly envoyBin: string },
  sources: readonly Original[],
  folder: string,
  seed: number,
  tally: Tally,
): Promise<void> {
  const target = targetApi(`envoy-${release.split('.').slice(0, 2).join('.')}`);
  if (target === undefined) throw new Error(`${release} is no target`);
  await compareFacts(release, envoyBin, target, tally);
  const context = { envoyBin, folder, target };
  const corpus: Judged[] = [];
  const left = [...sources];
  await inPairs(async (name) => {
    const source = left.pop();
    if (source !== undefined) await judge(context, name, source.file, source.value, corpus);
    return source !== undefined;
  });
  report(`${release}, corpus`, corpus, 100, tally);
  const faults: Judged[] = [];
  const random = randomOf(seed);
  const end = Date.now() + Number(process.env.TARGETS_SECONDS ?? 20) * 1000;
  await inPairs(async (name) => {
    const source = sources[Math.floor(random() * sources.length)] as Original;
    const mutant = mutate(source.value, randomOf(Math.floor(random() * 2 ** 32)));
    if (mutant !== undefined) {
      const what = `${source.file.split('/').at(-1)} ${mutant.kind}: ${mutant.text}`;
      await judge(context, name, what, mutant.value, faults);
    }
    return Date.now() < end;
  });
  report(`${release}, seed ${seed}`, faults, floorPercent, tally);
}

export async function run({ olderBinaries, sharedDir }: Context): Promise<Tally> {
  const tally: Tally = { passed: 0, failed: 0, lines: [] };
  const seed = Number(process.env.TARGETS_SEED ?? Math.floor(Math.random() * 2 ** 32));
  const only = process.env.TARGETS_ONLY;
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-targets-'));
  try {
    const sources = await originals(sharedDir, folder);
    for (const one of olderBinaries) {
      if (only === undefined || one.release.startsWith(only))
        await judgeRelease(one, sources, folder, seed, tally);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return tally;
}
