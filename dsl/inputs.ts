/**
 * The declared inputs of a configuration: the only way to something outside of its modules.
 */

interface Inputs {
  env(name: string): string | undefined;
  readFile(path: string): string;
}

function inputs(): Inputs {
  const found = (globalThis as { [key: symbol]: unknown })[Symbol.for('envoy3.inputs')];
  if (found === undefined) {
    throw new Error("env() and readFile() work while envoy3 compiles a configuration (run 'envoy3 build')");
  }
  return found as Inputs;
}

/**
 * A variable of the environment in which `envoy3` runs.
 * @param fallback value when it is not set
 * @throws when it is not set and there is no fallback
 */
export function env(name: string, fallback?: string): string {
  const value = inputs().env(name) ?? fallback;
  if (value === undefined)
    throw new Error(`the environment has no ${name}, and env('${name}') has no default`);
  return value;
}

/**
 * A text file, in UTF-8.
 * @param path relative to the folder in which `envoy3` runs
 * @throws when it cannot be read
 */
export function readFile(path: string): string {
  return inputs().readFile(path);
}
