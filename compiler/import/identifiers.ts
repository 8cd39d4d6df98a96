/**
 * Names of resources -> identifiers: `service-1.example` -> `service1Example`. Each is given once.
 */
const reserved: ReadonlySet<string> = new Set(
  `abstract any arguments as async await boolean break case catch class const constructor continue debugger declare
  default delete do else enum eval export extends false finally for from function get if implements import in instanceof
  interface let module namespace never new null number object of package private protected public readonly require
  return set static string super switch symbol this throw true try type typeof undefined unknown var void while with
  yield console globalThis NaN Infinity`.split(/\s+/),
);

function camelCase(text: string): string {
  const words = text.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const joined = words
    .map(
      (word, index) =>
        (index === 0 ? word.charAt(0).toLowerCase() : word.charAt(0).toUpperCase()) + word.slice(1),
    )
    .join('');
  return /^[A-Za-z]/.test(joined) ? joined : `n${joined}`;
}

/** The names of a module. */
export class Identifiers {
  readonly #taken: Set<string>;

  /** @param taken names that stand for something else */
  constructor(taken: Iterable<string>) {
    this.#taken = new Set([...reserved, ...taken]);
  }

  /** @param suffix added when the name alone is taken, before numbers are: `Cluster` */
  give(name: string, suffix: string): string {
    const base = camelCase(name);
    const candidates = [base, `${base}${suffix}`];
    let found = candidates.find((one) => !this.#taken.has(one));
    for (let number = 2; found === undefined; number++) {
      if (!this.#taken.has(`${base}${number}`)) found = `${base}${number}`;
    }
    this.#taken.add(found);
    return found;
  }
}
