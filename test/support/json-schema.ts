/**
 * As much of JSON Schema as the schemas of our outputs use. What it does not know makes it fail, so that a schema cannot
 * pass for want of understanding.
 */
type Schema = Readonly<Record<string, unknown>>;

const notes: ReadonlySet<string> = new Set(['$schema', '$id', '$defs', 'title', 'description']);

function isType(value: unknown, type: unknown): boolean {
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return type === 'integer' ? Number.isInteger(value) : typeof value === type;
}

/** Everything that is wrong, each with its place. */
export function schemaErrors(value: unknown, schema: Schema, root: Schema = schema, at = '$'): string[] {
  return Object.entries(schema).flatMap(([keyword, rule]): string[] => {
    if (notes.has(keyword)) return [];
    const fields = value as Record<string, unknown>;
    switch (keyword) {
      case '$ref': {
        const target = String(rule)
          .slice(2)
          .split('/')
          .reduce((part, step) => (part as Record<string, unknown>)[step], root as unknown);
        return schemaErrors(value, target as Schema, root, at);
      }
      case 'type':
        return isType(value, rule) ? [] : [`${at} is no ${rule}`];
      case 'const':
        return value === rule ? [] : [`${at} is not ${JSON.stringify(rule)}`];
      case 'enum':
        return (rule as unknown[]).includes(value) ? [] : [`${at} is none of ${JSON.stringify(rule)}`];
      case 'minimum':
        return Number(value) >= Number(rule) ? [] : [`${at} is below ${rule}`];
      case 'pattern':
        return new RegExp(String(rule)).test(String(value)) ? [] : [`${at} does not match ${rule}`];
      case 'items':
        return (value as unknown[]).flatMap((item, index) =>
          schemaErrors(item, rule as Schema, root, `${at}[${index}]`),
        );
      case 'required':
        return (rule as string[])
          .filter((name) => !(name in fields))
          .map((name) => `${at}.${name} is missing`);
      case 'properties':
        return Object.entries(rule as Record<string, Schema>).flatMap(([name, inner]) =>
          fields[name] === undefined ? [] : schemaErrors(fields[name], inner, root, `${at}.${name}`),
        );
      case 'additionalProperties': {
        const known = Object.keys((schema.properties ?? {}) as object);
        return rule === false
          ? Object.keys(fields)
              .filter((name) => !known.includes(name))
              .map((name) => `${at}.${name} is not known`)
          : [];
      }
      default:
        throw new Error(`the schema has a keyword that is not understood: ${keyword}`);
    }
  });
}
