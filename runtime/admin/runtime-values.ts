/**
 * `/runtime`: the values of the layered runtime. Only static layers have values.
 */
import type { Handler } from './endpoint.js';
import { json } from './endpoint.js';

type Values = Map<string, string>;

const isStruct = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Keys of nested structs are joined by dots. A fractional percent is one value. */
function collect(value: unknown, key: string, into: Values): void {
  if (isStruct(value) && !('numerator' in value)) {
    for (const [name, one] of Object.entries(value)) collect(one, key === '' ? name : `${key}.${name}`, into);
  } else if (key !== '') {
    into.set(key, typeof value === 'string' ? value : JSON.stringify(value));
  }
}

/** All keys with the value of each layer; the last layer that has one wins. */
export const runtimeValues: Handler = (host) => {
  const layers = host.configuration()?.bootstrap.layered_runtime?.layers ?? [];
  const values = layers.map((layer) => {
    const found: Values = new Map();
    collect('static_layer' in layer ? layer.static_layer : {}, '', found);
    return found;
  });
  const keys = [...new Set(values.flatMap((layer) => [...layer.keys()]))].sort();
  // Without a prototype, for a key may be named like a method of objects.
  const entries: Record<string, object> = Object.create(null);
  for (const key of keys) {
    const layerValues = values.map((layer) => layer.get(key) ?? '');
    entries[key] = {
      layer_values: layerValues,
      final_value: layerValues.findLast((value) => value !== '') ?? '',
    };
  }
  return json({ entries, layers: layers.map(({ name }) => name ?? '') });
};
