/** The first value of a query parameter, undecoded, as Envoy compares it; undefined when it is absent. */
export function queryValue(path: string, name: string): string | undefined {
  let at = path.indexOf('?');
  while (at >= 0) {
    const start = at + 1;
    at = path.indexOf('&', start);
    const end = at < 0 ? path.length : at;
    if (!path.startsWith(name, start)) continue;
    const equals = start + name.length;
    if (equals === end) return '';
    if (equals < end && path[equals] === '=') return path.slice(equals + 1, end);
  }
  return undefined;
}
