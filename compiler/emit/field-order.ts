/**
 * The order in which a message's fields are written, and which message each field holds: read off the API table.
 */
import { table } from '../../dsl/api/generated/table.js';

export interface FieldPlace {
  /** Position in the proto. */
  readonly rank: number;
  /** Full name of the message, the enum, or a scalar's type; of the values when it is a map. */
  readonly type: string;
  readonly map: boolean;
}

export type FieldOrder = ReadonlyMap<string, FieldPlace>;

const orders = new Map<string, FieldOrder | undefined>();

/** undefined for what the API does not know, and for the well-known types, whose JSON is not that of their fields. */
export function fieldOrder(type: string): FieldOrder | undefined {
  if (orders.has(type)) return orders.get(type);
  const message = type.startsWith('google.protobuf.') ? undefined : table.messages[type];
  const order =
    message &&
    new Map(
      message.fields.map((field, rank) => [
        field.name,
        { rank, type: field.type, map: field.label === 'map' },
      ]),
    );
  orders.set(type, order);
  return order;
}

/** Keys that are set: `@type` first, then proto order, then what the table does not know, in the order given. */
export function orderedKeys(
  value: Readonly<Record<string, unknown>>,
  order: FieldOrder | undefined,
): string[] {
  const keys = Object.keys(value).filter((key) => value[key] !== undefined);
  if (keys.length < 2) return keys;
  const rank = (key: string): number => (key === '@type' ? -1 : (order?.get(key)?.rank ?? Infinity));
  // Infinity minus Infinity is not a number: compared, not subtracted. The sort is stable.
  return keys.sort((one, other) => {
    const [a, b] = [rank(one), rank(other)];
    return a < b ? -1 : a > b ? 1 : 0;
  });
}
