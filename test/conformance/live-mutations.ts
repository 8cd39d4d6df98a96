/**
 * Fresh faults against real Envoy: mutants of the corpus, drawn from a seed that is printed, are put to `envoy --mode
 * validate` and to the compiler for about a minute. `LIVE_MUTATIONS_SEED` repeats a run, `LIVE_MUTATIONS_SECONDS` sets its
 * length. A share of agreement below the floor fails, and every disagreement is listed, false refusals first.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { generate } from 'selfsigned';
import { findProblems } from '../../compiler/check/find-problems.js';
import { readMessage, readYaml } from '../../dsl/api/index.js';
import type { Mutant } from './mutate.js';
import { mutate, randomOf } from './mutate.js';

const bootstrapType = 'envoy.config.bootstrap.v3.Bootstrap';

/** Share of equal verdicts, in percent, that a run must reach. */
const floorPercent = 99.5;

interface Original {
  readonly file: string;
  readonly value: unknown;
}

/** Files that Envoy accepts as they are, or with a certificate and its key beside them. */
async function originals(sharedDir: string, folder: string): Promise<Original[]> {
  const pems = await generate([{ name: 'commonName', value: 'localhost' }], {
    keySize: 2048,
    extensions: [{ name: 'basicConstraints', cA: true }],
  });
  const stubs: Readonly<Record<string, string>> = { key: pems.private, cert: pems.cert };
  const rows = readFileSync(join(sharedDir, 'corpus', 'VERDICTS.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1);
  return rows.flatMap((row): Original[] => {
    const [file = '', asIs, , , withStubs, , , needed = ''] = row.split('\t');
    if (asIs !== 'accept' && withStubs !== 'accept') return [];
    const pairs = needed
      .split(' ')
      .filter(Boolean)
      .map((pair) => pair.split('='));
    if (pairs.some(([path = '/', kind = '']) => path.startsWith('/') || !(kind in stubs))) return [];
    for (const [path = '', kind = ''] of pairs) {
      mkdirSync(dirname(join(folder, path)), { recursive: true });
      writeFileSync(join(folder, path), stubs[kind] ?? '');
    }
    const read = readMessage(
      bootstrapType,
      readYaml(readFileSync(join(sharedDir, 'corpus', file), 'utf8')).value,
    );
    return read.issues.length === 0 ? [{ file, value: read.value }] : [];
  });
}

interface Verdict {
  readonly accepted: boolean;
  readonly message: string;
}

/** Envoy's output goes to files: with pipes it cannot open `/dev/stdout` as an access log. */
function askEnvoy(envoyBin: string, folder: string, name: string, value: unknown): Promise<Verdict> {
  const file = join(folder, `${name}.yaml`);
  writeFileSync(file, JSON.stringify(value));
  const output = join(folder, `${name}.txt`);
  const descriptor = openSync(output, 'w');
  return new Promise((done) => {
    const args = [
      '--mode',
      'validate',
      '-c',
      file,
      '--disable-hot-restart',
      '--concurrency',
      '1',
      '-l',
      'critical',
    ];
    const child = spawn(envoyBin, args, { cwd: folder, stdio: ['ignore', descriptor, descriptor] });
    const deadline = setTimeout(() => child.kill('SIGKILL'), 20_000);
    child.on('close', () => {
      clearTimeout(deadline);
      closeSync(descriptor);
      const text = readFileSync(output, 'utf8');
      const error = /error initializing configuration '[^']*': ([\s\S]*)/.exec(text)?.[1] ?? text;
      done({
        accepted: /^configuration '.*' OK$/m.test(text),
        message: error.replace(/\s+/g, ' ').slice(0, 400),
      });
    });
  });
}

function ours(value: unknown): Verdict {
  const errors = findProblems(value, { lint: { extends: 'none' } }).findings.filter(
    ({ severity }) => severity === 'error',
  );
  const [first] = errors;
  const message = first === undefined ? '' : `${first.code} ${first.path.join('.')}: ${first.message}`;
  return { accepted: errors.length === 0, message };
}

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
    /** What depends on the files of this machine is judged by nobody without them. */
    const ofFiles =
      /does not exist|from path: |incomplete certificate from|unable to (?:read|open) file|Invalid path|[Ff]ailed to load dynamic module/;
    const worker = async (name: string): Promise<void> => {
      while (Date.now() < end) {
        const source = sources[Math.floor(random() * sources.length)] as Original;
        // Each mutant has a seed of its own, drawn in order: the workers' pace does not matter.
        const mutant = mutate(source.value, randomOf(Math.floor(random() * 2 ** 32)));
        if (mutant === undefined) continue;
        const envoy = await askEnvoy(context.envoyBin, folder, name, mutant.value);
        if (!envoy.accepted && ofFiles.test(envoy.message)) continue;
        cases.push({ file: source.file, mutant, envoy, here: ours(mutant.value) });
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
