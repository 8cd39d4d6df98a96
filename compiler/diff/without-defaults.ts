/**
 * A configuration without what says nothing: proto3 has no difference between a field that is not set and one that is set
 * to its default, and a running proxy does not show the latter. Wrapped values and members of a oneof do differ.
 */
import { table } from '../../dsl/api/generated/table.js';
import type { FieldModel } from '../../dsl/api/model/api-model.js';

type Fields = Readonly<Record<string, unknown>>;

const byName = new Map<string, ReadonlyMap<string, FieldModel>>();

function fieldsOf(type: string): ReadonlyMap<string, FieldModel> {
  let found = byName.get(type);
  if (found === undefined) {
    found = new Map((table.messages[type]?.fields ?? []).map((field) => [field.name, field]));
    byName.set(type, found);
  }
  return found;
}

function isDefault(field: FieldModel, value: unknown): boolean {
  if (field.label === 'repeated') return Array.isArray(value) && value.length === 0;
  if (field.label === 'map')
    return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
  // Messages, wrappers among them, and members of a oneof are there or not.
  if (field.oneof !== undefined || field.type in table.messages) return false;
  const numbers = table.enums[field.type]?.values;
  if (numbers !== undefined) return numbers[String(value)] === 0;
  return value === 0 || value === '0' || value === false || value === '';
}

/** @param type full proto name. @param value canonical */
export function withoutDefaults(type: string, value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => withoutDefaults(type, item));
  if (typeof value !== 'object' || value === null) return value;
  const url = (value as Fields)['@type'];
  const own = typeof url === 'string' ? url.slice(url.lastIndexOf('/') + 1) : type;
  // What the API does not know, and values of their own such as Struct, stay as they are.
  if (table.messages[own] === undefined || own.startsWith('google.protobuf.')) return value;
  const fields = fieldsOf(own);
  const out: Record<string, unknown> = {};
  for (const [key, member] of Object.entries(value)) {
    const field = fields.get(key);
    if (field !== undefined && isDefault(field, member)) continue;
    if (field?.label === 'map' && typeof member === 'object' && member !== null) {
      out[key] = Object.fromEntries(
        Object.entries(member).map(([name, item]) => [name, withoutDefaults(field.type, item)]),
      );
    } else out[key] = field === undefined ? member : withoutDefaults(field.type, member);
  }
  return out;
}
