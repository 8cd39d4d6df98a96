/**
 * Values of the layered runtime that the data path asks for. Only static layers have values here.
 */
import { messageOf, messagesOf } from '../common/message-fields.js';

/** @param bootstrap canonical. @returns what the last layer says that has a number of that name (`a.b` or nested) */
export function readRuntimeNumbers(bootstrap: unknown): (key: string) => number | undefined {
  const numbers = new Map<string, number>();
  const collect = (value: unknown, key: string): void => {
    if (typeof value === 'number') numbers.set(key, value);
    else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      for (const [name, one] of Object.entries(value)) collect(one, key === '' ? name : `${key}.${name}`);
    }
  };
  for (const { static_layer } of messagesOf(messageOf(messageOf(bootstrap).layered_runtime).layers)) {
    collect(static_layer, '');
  }
  return (key) => numbers.get(key);
}
