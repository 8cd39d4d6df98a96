/**
 * What the bundled runtime serves, as data: per message the fields that are built. Each component exports the part that
 * it implements; `extensions.ts` joins them; `refuse-unsupported.ts` walks a bootstrap and refuses all others by path
 * ("needs real Envoy"); the support table of the documentation is made of the same data.
 */

/**
 * Support of one field: `true` built; `'ignored'` accepted and without effect here, which is right for fields that only
 * tune Envoy's own machinery; a function returns why a value needs real Envoy, undefined when it is served.
 */
export type FieldSupport = true | 'ignored' | ((value: unknown) => string | undefined);

/** Full message name -> field name (snake_case) -> support. A message that is absent is refused whole. */
export type SupportedFields = Readonly<Record<string, Readonly<Record<string, FieldSupport>>>>;

/** Support of a field for some of its values only. */
export function onlyValues(...values: readonly unknown[]): FieldSupport {
  return (value) =>
    values.includes(value)
      ? undefined
      : `only ${values.map((one) => JSON.stringify(one)).join(', ')} is served`;
}

const isSame = (one: FieldSupport | undefined, other: FieldSupport | undefined): boolean =>
  one === other || (typeof one === 'function' && typeof other === 'function');

/** Puts the parts of all components together. @throws Error when two of them say different things of one message */
export function joinSupportedFields(...parts: readonly SupportedFields[]): SupportedFields {
  const joined: Record<string, SupportedFields[string]> = {};
  for (const part of parts) {
    for (const [message, fields] of Object.entries(part)) {
      const known = joined[message] ?? fields;
      // A message that is part of several others may be told of by each of its owners.
      const names = Object.keys({ ...known, ...fields });
      if (!names.every((name) => isSame(known[name], fields[name]))) {
        throw new Error(`two components say what is served of ${message}`);
      }
      joined[message] = fields;
    }
  }
  return joined;
}
