/**
 * Finds other releases of Node for the conformance suite: the npm package `node`, installed once into the project's ignored
 * cache folder. The one that runs this is taken as it is.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './build.mjs';

/** Majors that builds have to give the same bytes on. */
const majors = [20, 22, 24, 26];

/** @returns those that can be had, each with its major. */
export async function findNodes() {
  const found = [];
  for (const major of majors) {
    const folder = join(root, '.cache', `node-${major}`);
    const binary = join(folder, 'node_modules', 'node', 'bin', 'node');
    if (process.versions.node.startsWith(`${major}.`)) found.push({ major, binary: process.execPath });
    else if (existsSync(binary)) found.push({ major, binary });
    else {
      process.stderr.write(`envoy3: installing Node ${major} into .cache ...\n`);
      const args = ['install', '--silent', '--no-save', '--prefix', folder, `node@${major}`];
      if ((await run('npm', args).catch(() => 127)) === 0 && existsSync(binary))
        found.push({ major, binary });
      else process.stderr.write(`envoy3: Node ${major} could not be installed\n`);
    }
  }
  return found;
}
