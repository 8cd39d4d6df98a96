/**
 * `npm run conformance`: the suites that need real Envoy, the corpus of configurations and the recorded answers.
 * What is absent is said and counted: with `CI` set, absence is a failure. Ends with `N passed, N failed`.
 */
import { existsSync, readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { ensureBuilt, root } from './build.mjs';
import { findEnvoy, olderReleases } from './envoy-binary.mjs';
import { findH2spec } from './h2spec-binary.mjs';
import { findNodes } from './node-binaries.mjs';

await ensureBuilt();
const strict = Boolean(process.env.CI);
const sharedDir = resolve(process.env.ENVOY3_SHARED ?? join(root, '..', 'shared'));
const envoyBin = await findEnvoy();
if (envoyBin !== undefined) process.env.ENVOY_BIN = envoyBin;
process.env.PATH = `${join(root, '.cache', 'deploy-tools', 'bin')}:${process.env.PATH}`;
let passed = 0;
let failed = 0;
const only = process.argv[2];
const h2specBin = only === undefined || only === 'h2spec' ? await findH2spec() : undefined;

/** Binaries of the older releases that `--target` knows: what can be had of them. */
const olderBinaries = [];
for (const release of only === undefined || only === 'targets' || only === 'secrets' ? olderReleases : []) {
  const found = await findEnvoy(release);
  if (found !== undefined) olderBinaries.push({ release, envoyBin: found });
}

const nodes = only === undefined || only === 'hermetic' ? await findNodes() : [];

/** What each suite cannot do without. */
const needs = {
  'api-facts': { envoy: true },
  verdicts: { shared: true },
  import: { shared: true },
  fmt: { shared: true },
  migrate: { envoy: true },
  'split-layout': { envoy: true },
  tools: { shared: true },
  builders: { envoy: true },
  'route-tests': { shared: true, envoy: true },
  'cross-checks': { shared: true },
  'live-mutations': { shared: true, envoy: true },
  targets: { shared: true, older: true },
  secrets: { envoy: true },
  hermetic: {},
  'http-parity': { envoy: true },
  'tcp-parity': { envoy: true },
  'http1-parity': { shared: true, envoy: true },
  'http2-parity': { envoy: true },
  h2spec: { h2spec: true },
  'edge-tls-parity': { envoy: true },
  'headers-parity': { shared: true, envoy: true },
  'filters-parity': { envoy: true },
  'front-proxy-parity': { envoy: true },
  'sidecar-parity': { envoy: true },
  projects: { envoy: true },
  'consul-mesh-parity': { envoy: true },
  'tls-parity': { envoy: true },
  'health-parity': { envoy: true },
  'balance-parity': { envoy: true },
  'tracing-parity': { envoy: true },
  'access-log-parity': { envoy: true },
  'consul-http': { shared: true },
  'consul-dns': { shared: true },
  'consul-clients': {},
  'consul-live': {},
  'discovery-envoy': { envoy: true },
  'discovery-fuzz': {},
  package: {},
  deploy: {},
};

for (const file of readdirSync(join(root, 'dist', 'test', 'conformance')).sort()) {
  if (!file.endsWith('.js')) continue;
  const name = file.slice(0, -3);
  const need = needs[name];
  if (need === undefined || (only !== undefined && only !== name)) continue;
  const missing =
    need.shared && !existsSync(join(sharedDir, 'corpus'))
      ? `the corpus at ${sharedDir} (set ENVOY3_SHARED)`
      : need.envoy && envoyBin === undefined
        ? 'real Envoy (set ENVOY_BIN)'
        : need.older && olderBinaries.length < olderReleases.length
          ? `a binary of Envoy ${olderReleases.join(', ')}`
          : need.h2spec && h2specBin === undefined
            ? 'h2spec (set H2SPEC_BIN)'
            : undefined;
  if (missing !== undefined) {
    process.stdout.write(`${name}: NOT RUN, missing ${missing}\n`);
    if (strict) failed++;
    continue;
  }
  process.stdout.write(`${name}:\n`);
  try {
    const suite = await import(pathToFileURL(join(root, 'dist', 'test', 'conformance', file)).href);
    const context =
      name === 'verdicts' || name === 'cross-checks'
        ? sharedDir
        : { envoyBin, h2specBin, nodes, olderBinaries, root, sharedDir };
    const result = await suite.run(context);
    for (const line of result.lines) process.stdout.write(`  ${line}\n`);
    process.stdout.write(`  ${result.passed} passed, ${result.failed} failed\n`);
    passed += result.passed;
    failed += result.failed;
  } catch (error) {
    process.stdout.write(`  ${error.stack}\n`);
    failed++;
  }
}
process.stdout.write(`\n${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
