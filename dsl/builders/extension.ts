/**
 * What all builders of extensions do: a name, and a payload that says its type.
 */

/** A slot of an extension: `{ name, typed_config: { '@type', ... } }`. Members that are undefined are left out. */
export function extension<Slot>(name: string, type: string, config: object = {}): Slot {
  return { name, typed_config: { '@type': `type.googleapis.com/${type}`, ...defined(config) } } as Slot;
}

/** Without the members that are undefined. */
export function defined<T extends object>(value: T): T {
  return Object.fromEntries(Object.entries(value).filter(([, member]) => member !== undefined)) as T;
}
