/**
 * Values as texts, to tell equal ones.
 */

/** Text that is equal for equal values, in whatever order their keys stand. */
export function stableText(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stableText).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${entries
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, member]) => `${key}:${stableText(member)}`)
    .join()}}`;
}
