/**
 * Compiles a configuration, unless what it was made of is as it was: then nothing is loaded and nothing is done.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { envoy3Home, loadPackage, projectFolder } from './envoy3-package.mjs';

/** Of everything that the output depends on. */
function fingerprint(inputs, env) {
  const hash = createHash('sha256');
  const home = envoy3Home();
  const { version } = JSON.parse(readFileSync(join(home, 'package.json'), 'utf8'));
  const built = join(home, 'dist', '.build-stamp');
  hash.update(JSON.stringify([version, existsSync(built) ? statSync(built).mtimeMs : 0, env]));
  for (const path of inputs) {
    hash.update(`${path}\0`).update(existsSync(path) ? readFileSync(path) : 'absent');
  }
  return hash.digest('hex');
}

/** @returns the inputs, when the output is what they make */
function currentInputs(output, stamp, env) {
  if (!existsSync(output) || !existsSync(stamp)) return undefined;
  const { made, inputs } = JSON.parse(readFileSync(stamp, 'utf8'));
  return made === fingerprint([...inputs, output], env) ? inputs : undefined;
}

/**
 * @param options.entry configuration, in the folder of the project
 * @param options.output file to write, replaced in one step and left alone when equal
 * @param options.env what `env()` reads
 * @returns `result`: `current`, `written`, `equal` or, with the findings printed, `failed`; `inputs`: the files it read
 */
export async function build({ entry, output, env }) {
  const stamp = join(dirname(output), `.${basename(output)}.stamp`);
  const known = currentInputs(output, stamp, env);
  if (known !== undefined) return { result: 'current', inputs: known };
  const { compile, formatText, writeOutput } = await loadPackage('envoy3/compiler');
  const { diagnostics, yaml, inputs } = await compile({ entry, cwd: projectFolder, env });
  if (diagnostics.length > 0) {
    const color = process.stderr.isTTY === true && !process.env.NO_COLOR;
    process.stderr.write(formatText(diagnostics, { color, cwd: projectFolder }));
  }
  if (yaml === undefined || diagnostics.some(({ severity }) => severity === 'error')) {
    return { result: 'failed', inputs };
  }
  mkdirSync(dirname(output), { recursive: true });
  const written = writeOutput(output, yaml);
  writeFileSync(stamp, JSON.stringify({ inputs, made: fingerprint([...inputs, output], env) }));
  return { result: written ? 'written' : 'equal', inputs };
}
