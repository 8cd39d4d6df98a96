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

/** Puts the parts of all components together. @throws Error when two of them speak for one message */
export function joinSupportedFields(...parts: readonly SupportedFields[]): SupportedFields {
  const joined: Record<string, SupportedFields[string]> = {};
  for (const part of parts) {
    for (const [message, fields] of Object.entries(part)) {
      if (message in joined) throw new Error(`two components say what is served of ${message}`);
      joined[message] = fields;
    }
  }
  return joined;
}
