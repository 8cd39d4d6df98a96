/**
 * `npm run conformance`: the suites that need real Envoy, the corpus of configurations and the recorded answers.
 * `npm run conformance -- NAME ...` runs some. What is absent is said and counted: with `CI` set, absence is a failure.
 * Several run at a time (`ENVOY3_CONFORMANCE_JOBS`, default: one more than there are cores, because most of them wait), each
 * for at most five minutes. One that fails beside others is run once more by itself, since both sides of a comparison have
 * time-outs and a busy machine keeps none; what it says then counts. Ends with `N passed, N failed`.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { ensureBuilt, root } from './build.mjs';
import { suites } from './conformance-suites.mjs';
import { findEnvoy, olderReleases } from './envoy-binary.mjs';
import { findH2spec } from './h2spec-binary.mjs';
import { findNodes } from './node-binaries.mjs';

const suiteLimitMs = 300_000;

await ensureBuilt();
const strict = Boolean(process.env.CI);
const jobs = Number(process.env.ENVOY3_CONFORMANCE_JOBS ?? availableParallelism() + 1);
const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !Object.hasOwn(suites, name));
if (unknown.length > 0) {
  process.stderr.write(
    `there is no suite ${unknown.join(', ')}; there are: ${Object.keys(suites).join(', ')}\n`,
  );
  process.exit(2);
}
const chosen = Object.keys(suites).filter((name) => asked.length === 0 || asked.includes(name));
const needsOne = (need) => chosen.some((name) => suites[name][need]);

const sharedDir = resolve(process.env.ENVOY3_SHARED ?? join(root, '..', 'shared'));
const envoyBin = await findEnvoy();
const h2specBin = needsOne('h2spec') ? await findH2spec() : undefined;
const nodes = needsOne('nodes') ? await findNodes() : [];
/** Binaries of the older releases that `--target` knows: what can be had of them. */
const olderBinaries = [];
for (const release of needsOne('older') ? olderReleases : []) {
  const found = await findEnvoy(release);
  if (found !== undefined) olderBinaries.push({ release, envoyBin: found });
}
const environment = {
  ...process.env,
  ...(envoyBin === undefined ? {} : { ENVOY_BIN: envoyBin }),
  PATH: `${join(root, '.cache', 'deploy-tools', 'bin')}:${process.env.PATH}`,
  ENVOY3_CONFORMANCE: JSON.stringify({ envoyBin, h2specBin, nodes, olderBinaries, sharedDir }),
};

/** @returns what a suite needs and cannot have here */
function missingFor(needs) {
  if (needs.shared && !existsSync(join(sharedDir, 'corpus')))
    return `the corpus at ${sharedDir} (set ENVOY3_SHARED)`;
  if (needs.envoy && envoyBin === undefined) return 'real Envoy (set ENVOY_BIN)';
  if (needs.older && olderBinaries.length < olderReleases.length)
    return `a binary of Envoy ${olderReleases.join(', ')}`;
  if (needs.h2spec && h2specBin === undefined) return 'h2spec (set H2SPEC_BIN)';
  return undefined;
}

/** @returns all that it printed, and why it came to no end, if so */
function runSuite(name) {
  return new Promise((done) => {
    const script = join(root, 'cli', 'setup', 'conformance-suite.mjs');
    const child = spawn(process.execPath, ['--enable-source-maps', script, name], {
      cwd: root,
      env: environment,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (chunk) => {
        output += chunk;
      });
    }
    let isLate = false;
    const deadline = setTimeout(() => {
      isLate = true;
      child.kill('SIGKILL');
    }, suiteLimitMs);
    child.on('close', (code, signal) => {
      clearTimeout(deadline);
      const trouble = isLate ? `took more than ${suiteLimitMs / 1000} s` : `ended with ${signal ?? code}`;
      done({ output, trouble: code === 0 && !isLate ? undefined : trouble });
    });
  });
}

let passed = 0;
let failed = 0;
const queue = [...chosen];
/** Suites that failed beside others. */
const again = [];

/** Prints what it says and counts it. @param isLast false: a failure is not counted, it is run again */
async function runAndCount(name, isLast) {
  const start = performance.now();
  const { output, trouble } = await runSuite(name);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  process.stdout.write(`${name} (${seconds} s):\n${output}`);
  const counts = /(\d+) passed, (\d+) failed\n$/.exec(output);
  const isCounted = trouble === undefined && counts !== null;
  if (!isCounted) process.stdout.write(`  FAILED: ${name} ${trouble ?? 'printed no counts'}\n`);
  const failures = isCounted ? Number(counts[2]) : 1;
  if (failures > 0 && !isLast) {
    process.stdout.write('  is run again by itself, after the others\n');
    again.push(name);
    return;
  }
  passed += isCounted ? Number(counts[1]) : 0;
  failed += failures;
}

async function worker() {
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    const missing = missingFor(suites[name]);
    if (missing !== undefined) {
      process.stdout.write(`${name}: NOT RUN, missing ${missing}\n`);
      if (strict) failed++;
      continue;
    }
    await runAndCount(name, jobs === 1 || chosen.length === 1);
  }
}

await Promise.all(Array.from({ length: jobs }, worker));
for (const name of again) await runAndCount(name, true);
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
