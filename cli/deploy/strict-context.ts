/**
 * Handlebars' own strict mode lets a missing value through as the argument of a helper and of `if`. This does not.
 */

/** A value that a template needs and that nobody gave. */
export class MissingValue extends Error {
  readonly missing: string;

  constructor(missing: string) {
    super(`nothing tells '${missing}'`);
    this.name = 'MissingValue';
    this.missing = missing;
  }
}

/** The same value, objects inside it included, but that asking for a name which it has not throws `MissingValue`. */
export function strictContext(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(strictContext);
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([name, one]) => [name, strictContext(one)]));
  const demand = (name: string | symbol): void => {
    if (typeof name === 'string' && !Object.hasOwn(inner, name)) throw new MissingValue(name);
  };
  return new Proxy(inner, {
    get(target, name) {
      // Handlebars compares the value with texts.
      if (name !== 'valueOf' && name !== 'toString') demand(name);
      return Reflect.get(target, name);
    },
    has(target, name) {
      demand(name);
      return Reflect.has(target, name);
    },
    getOwnPropertyDescriptor(target, name) {
      demand(name);
      return Reflect.getOwnPropertyDescriptor(target, name);
    },
  });
}
