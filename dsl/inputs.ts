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

/**
 * A whole number of the environment.
 * @throws when it is none, or not set and without a fallback
 */
export function envNumber(name: string, fallback?: number): number {
  const text = env(name, fallback === undefined ? undefined : String(fallback));
  if (!/^-?\d+$/.test(text)) throw new Error(`${name} must be a whole number, not '${text}'`);
  return Number(text);
}

/**
 * A switch of the environment: `true`, `1`, `yes`, `on` and their opposites.
 * @throws when it is none of them, or not set and without a fallback
 */
export function envBoolean(name: string, fallback?: boolean): boolean {
  const text = env(name, fallback === undefined ? undefined : String(fallback)).toLowerCase();
  if (/^(?:true|1|yes|on)$/.test(text)) return true;
  if (/^(?:false|0|no|off)$/.test(text)) return false;
  throw new Error(`${name} must be true or false, not '${text}'`);
}

/**
 * One of some words of the environment: `envOneOf('LOG_LEVEL', ['info', 'debug'], 'info')`.
 * @throws when it is another one, or not set and without a fallback
 */
export function envOneOf<const Word extends string>(
  name: string,
  words: readonly Word[],
  fallback?: NoInfer<Word>,
): Word {
  const text = env(name, fallback);
  const found = words.find((word) => word === text);
  if (found === undefined) throw new Error(`${name} must be one of ${words.join(', ')}, not '${text}'`);
  return found;
}

/**
 * Which environment is built: what `envoy3 build --env` says.
 * `const target = environment(['dev', 'prod'], 'dev')`.
 * @throws when it is another one, or none is said and there is no fallback
 */
export function environment<const Name extends string>(
  names: readonly Name[],
  fallback?: NoInfer<Name>,
): Name {
  const name = inputs().env('ENVOY3_ENV') ?? fallback;
  const found = names.find((one) => one === name);
  if (found !== undefined) return found;
  throw new Error(
    name === undefined
      ? `say which environment is built: envoy3 build --env ${names.join('|')}`
      : `there is no environment '${name}'; there are ${names.join(', ')}`,
  );
}
