/**
 * `/runtime` and `/runtime_modify`: the values of the layered runtime.
 */
import type { Handler } from './endpoint.js';
import { json, text } from './endpoint.js';

/** All keys with the value of each layer; the last layer that has one wins. */
export const runtimeValues: Handler = (host) => {
  const { layers } = host.runtime();
  const keys = [...new Set(layers.flatMap(({ entries }) => [...entries.keys()]))].sort();
  // Without a prototype, for a key may be named like a method of objects.
  const entries: Record<string, object> = Object.create(null);
  for (const key of keys) {
    const layerValues = layers.map((layer) => layer.entries.get(key)?.raw ?? '');
    entries[key] = {
      layer_values: layerValues,
      final_value: layerValues.findLast((value) => value !== '') ?? '',
    };
  }
  return json({ entries, layers: layers.map(({ name }) => name) });
};

const usage =
  'usage: /runtime_modify?key1=value1&key2=value2&keyN=valueN\n       or send the parameters as form values\nuse an empty value to remove a previously added override';

/** Sets values of the admin layer; an empty one takes one back. It answers when they are in force. */
export const runtimeModify: Handler = async (host, { query }) => {
  if ([...query].length === 0) return text(usage, 400);
  const refusal = await host.modifyRuntime(new Map(query));
  return refusal === undefined ? text('OK\n') : text(refusal, 503);
};
