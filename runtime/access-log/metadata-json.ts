/**
 * Dynamic metadata as JSON: members sorted by their names, as Envoy writes them.
 */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(names.map((name) => [name, sorted((value as Record<string, unknown>)[name])]));
}

export function metadataJson(value: object): string {
  return JSON.stringify(sorted(value));
}
