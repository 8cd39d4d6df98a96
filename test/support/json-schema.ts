/**
 * As much of JSON Schema as the schemas of our outputs use. What it does not know makes it fail, so that a schema cannot
 * pass for want of understanding.
 */
type Schema = Readonly<Record<string, unknown>>;

const notes: ReadonlySet<string> = new Set([
  '$schema',
  '$id',
  '$defs',
  'title',
  'description',
  'deprecated',
  'then',
]);

function isType(value: unknown, type: unknown): boolean {
  if (Array.isArray(type)) return type.some((one) => isType(value, one));
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  return type === 'integer' ? Number.isInteger(value) : typeof value === type;
}

/** Everything that is wrong, each with its place. */
export function schemaErrors(value: unknown, schema: Schema, root: Schema = schema, at = '$'): string[] {
  return Object.entries(schema).flatMap(([keyword, rule]): string[] => {
    if (notes.has(keyword)) return [];
    const fields = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
    const inside = (part: unknown): string[] => schemaErrors(value, part as Schema, root, at);
    switch (keyword) {
      case '$ref': {
        const target = String(rule)
          .slice(2)
          .split('/')
          .map(decodeURIComponent)
          .reduce((part, step) => (part as Record<string, unknown>)[step], root as unknown);
        return schemaErrors(value, target as Schema, root, at);
      }
      case 'type':
        return isType(value, rule) ? [] : [`${at} is no ${rule}`];
      case 'const':
        return value === rule ? [] : [`${at} is not ${JSON.stringify(rule)}`];
      case 'enum':
        return (rule as unknown[]).includes(value) ? [] : [`${at} is none of ${JSON.stringify(rule)}`];
      case 'allOf':
        return (rule as unknown[]).flatMap(inside);
      case 'anyOf':
        return (rule as unknown[]).some((part) => inside(part).length === 0) ? [] : [`${at} fits nothing`];
      case 'if':
        return inside(rule).length === 0 ? inside(schema.then) : [];
      case 'maxProperties':
        return Object.keys(fields).length <= Number(rule) ? [] : [`${at} has more than ${rule} members`];
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
        const others = Object.keys(fields).filter((name) => !known.includes(name));
        return others.flatMap((name) =>
          rule === false
            ? [`${at}.${name} is not known`]
            : schemaErrors(fields[name], rule as Schema, root, `${at}.${name}`),
        );
      }
      default:
        throw new Error(`the schema has a keyword that is not understood: ${keyword}`);
    }
  });
}
