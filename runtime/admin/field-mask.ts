/**
 * Field masks (`google.protobuf.FieldMask`): `cluster.name,last_updated`.
 */
import { table } from '../../dsl/api/generated/table.js';

type Message = Readonly<Record<string, unknown>>;

/** @param mask as it stands in the query. @returns its paths, each as a list of field names */
export function parseMask(mask: string): string[][] {
  return mask
    .split(',')
    .map((path) => path.trim())
    .filter((path) => path !== '')
    .map((path) => path.split('.'));
}

/**
 * Whether a path names a field: every step but the last is a single message.
 * @param anyType the message that is in an `Any` on the way
 */
export function isFieldPath(path: readonly string[], typeName: string, anyType?: string): boolean {
  const [name, ...rest] = path;
  const field = table.messages[typeName]?.fields.find((one) => one.name === name);
  if (field === undefined) return false;
  if (rest.length === 0) return true;
  if (field.label !== undefined) return false;
  const inside = field.type === 'google.protobuf.Any' ? anyType : field.type;
  return inside !== undefined && isFieldPath(rest, inside);
}

const isMessage = (value: unknown): value is Message =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** @returns the message with nothing but the type and what a path of the mask leads to */
export function applyMask(message: Message, paths: readonly (readonly string[])[]): Message {
  return Object.fromEntries(
    Object.entries(message).flatMap(([name, value]): [string, unknown][] => {
      if (name === '@type') return [[name, value]];
      const rest = paths.filter((path) => path[0] === name).map((path) => path.slice(1));
      if (rest.length === 0) return [];
      if (rest.some((path) => path.length === 0) || !isMessage(value)) return [[name, value]];
      return [[name, applyMask(value, rest)]];
    }),
  );
}
