/**
 * Headers on the data path: one flat array `[name, value, name, value, ...]` in wire order. Names are lower case
 * (interned by the codec), values have no leading or trailing white space. Pseudo headers are not in the list.
 */
export type HeaderList = string[];

/** First value of a header, undefined when absent. @param name lower case */
export function getHeader(headers: readonly string[], name: string): string | undefined {
  for (let at = 0; at < headers.length; at += 2) if (headers[at] === name) return headers[at + 1];
  return undefined;
}

/** All values joined by a comma, as Envoy's matchers and formatters see a repeated header. */
export function joinHeader(headers: readonly string[], name: string): string | undefined {
  let joined: string | undefined;
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] !== name) continue;
    const value = headers[at + 1] as string;
    joined = joined === undefined ? value : `${joined},${value}`;
  }
  return joined;
}

/** Removes every occurrence, in place. */
export function removeHeader(headers: HeaderList, name: string): void {
  let kept = 0;
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] === name) continue;
    headers[kept] = headers[at] as string;
    headers[kept + 1] = headers[at + 1] as string;
    kept += 2;
  }
  headers.length = kept;
}

/** Replaces every occurrence by one; appends it when absent. */
export function setHeader(headers: HeaderList, name: string, value: string): void {
  removeHeader(headers, name);
  headers.push(name, value);
}

/** Replaces the value where the header stands first, and removes further ones; appends it when it is absent. */
export function replaceHeader(headers: HeaderList, name: string, value: string): void {
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] !== name) continue;
    headers[at + 1] = value;
    for (let rest = at + 2; rest < headers.length; rest += 2) {
      if (headers[rest] !== name) continue;
      headers.splice(rest, 2);
      rest -= 2;
    }
    return;
  }
  headers.push(name, value);
}
