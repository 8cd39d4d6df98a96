import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadPackage, projectFolder } from './envoy3-package.mjs';

/** Loads a library that is installed in this project, or that envoy3 has. @throws when neither has it */
export async function loadLibrary(name) {
  let file;
  try {
    file = createRequire(join(projectFolder, 'package.json')).resolve(name);
  } catch {
    return loadPackage(name).catch((error) => {
      throw new Error(`the package '${name}' is not here: npm install`, { cause: error });
    });
  }
  return import(pathToFileURL(file).href);
}
