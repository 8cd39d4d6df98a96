/**
 * The virtual host of a request: exact domains first, then the longest suffix (`*.x`), then the longest prefix (`x.*`),
 * then `*`, as Envoy searches (`RouteMatcher::findVirtualHost`).
 */
import { lowerAscii, toOctets } from '../common/octet-text.js';

/** @param entries domains in lower or upper case, each with its value */
export function indexDomains<T>(
  entries: Iterable<readonly [domain: string, value: T]>,
): (host: string) => T | undefined {
  const exact = new Map<string, T>();
  const suffixes = new Map<number, Map<string, T>>();
  const prefixes = new Map<number, Map<string, T>>();
  let everything: T | undefined;
  const put = (table: Map<number, Map<string, T>>, part: string, value: T): void => {
    const ofLength = table.get(part.length) ?? new Map<string, T>();
    ofLength.set(part, value);
    table.set(part.length, ofLength);
  };
  for (const [given, value] of entries) {
    const domain = toOctets(given.toLowerCase());
    if (domain === '*') everything = value;
    else if (domain.startsWith('*')) put(suffixes, domain.slice(1), value);
    else if (domain.endsWith('*')) put(prefixes, domain.slice(0, -1), value);
    else exact.set(domain, value);
  }
  const longestFirst = (table: Map<number, Map<string, T>>) => [...table].sort(([a], [b]) => b - a);
  const [bySuffix, byPrefix] = [longestFirst(suffixes), longestFirst(prefixes)];
  if (exact.size + bySuffix.length + byPrefix.length === 0) return () => everything;
  return (given) => {
    // Clients send lower case, nearly always.
    const asSent = exact.get(given);
    if (asSent !== undefined) return asSent;
    const host = lowerAscii(given);
    const found = host === given ? undefined : exact.get(host);
    if (found !== undefined) return found;
    for (const [length, table] of bySuffix) {
      // The wildcard stands for at least one character.
      const value = length < host.length ? table.get(host.slice(host.length - length)) : undefined;
      if (value !== undefined) return value;
    }
    for (const [length, table] of byPrefix) {
      const value = length < host.length ? table.get(host.slice(0, length)) : undefined;
      if (value !== undefined) return value;
    }
    return everything;
  };
}
