/**
 * Finds the package `envoy3`: ENVOY3_HOME, installed in this project, a clone around this folder or around the current
 * one, or the command on the PATH.
 */
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

function isPackage(folder) {
  const manifest = join(folder, 'package.json');
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).name === 'envoy3';
}

function above(folder) {
  for (let at = folder; ; at = dirname(at)) {
    if (isPackage(at)) return at;
    if (dirname(at) === at) return undefined;
  }
}

function installed(folder) {
  try {
    return dirname(createRequire(join(folder, 'package.json')).resolve('envoy3/package.json'));
  } catch {
    return undefined;
  }
}

function onPath() {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const command = join(folder, 'envoy3');
    if (folder !== '' && existsSync(command)) {
      const found = above(dirname(realpathSync(command)));
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

/** The folder of this project. */
export const projectFolder = resolve(dirname(fileURLToPath(import.meta.url)), '..');

let home;

/** The folder of the package. @throws when there is none */
export function envoy3Home() {
  home ??=
    process.env.ENVOY3_HOME ??
    installed(projectFolder) ??
    above(projectFolder) ??
    above(process.cwd()) ??
    onPath();
  if (home === undefined) {
    throw new Error(
      "the package 'envoy3' is not here; install it, or set ENVOY3_HOME to the folder of a clone",
    );
  }
  return home;
}

/** Loads a part of envoy3 (`envoy3/compiler`), or a package that it depends on. */
export async function loadPackage(name) {
  const require = createRequire(join(envoy3Home(), 'package.json'));
  return import(pathToFileURL(require.resolve(name)).href);
}
