/**
 * What the API table says of the fields of a message, for walks along canonical messages.
 */
import { table } from '../../dsl/api/generated/table.js';

export interface FieldType {
  readonly type: string;
  readonly label?: 'repeated' | 'map';
}

const fieldTypes = new Map<string, ReadonlyMap<string, FieldType>>();

/** Fields of a message by their names; empty for one that the table does not have. */
export function fieldsOfType(type: string): ReadonlyMap<string, FieldType> {
  let found = fieldTypes.get(type);
  if (found === undefined) {
    found = new Map((table.messages[type]?.fields ?? []).map((field) => [field.name, field as FieldType]));
    fieldTypes.set(type, found);
  }
  return found;
}
