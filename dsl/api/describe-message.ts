/**
 * What the compiler asks of the API table: the order of fields and the messages inside messages.
 */
import { table } from './generated/table.js';

const orders = new Map<string, ReadonlyMap<string, string>>();

/** Fields of a message in proto order, each with its type; undefined when the API has no such message. */
export function fieldsOf(typeName: string): ReadonlyMap<string, string> | undefined {
  let order = orders.get(typeName);
  const message = table.messages[typeName];
  if (order === undefined && message !== undefined) {
    order = new Map(message.fields.map((field) => [field.name, field.type]));
    orders.set(typeName, order);
  }
  return order;
}
