/**
 * Field masks: `cluster.name,last_updated`.
 */

type Message = Readonly<Record<string, unknown>>;

/** @param mask as it stands in the query. @returns its paths, each as a list of field names */
export function parseMask(mask: string): string[][] {
  return mask
    .split(',')
    .map((path) => path.trim())
    .filter((path) => path !== '')
    .map((path) => path.split('.'));
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
