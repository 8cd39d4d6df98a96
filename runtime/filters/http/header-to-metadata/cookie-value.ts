/** The value of a cookie (RFC 6265 section 4.2), without quotes around it; undefined when it is absent or empty. */
export function cookieValue(headers: readonly string[], name: string): string | undefined {
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] !== 'cookie') continue;
    for (const pair of (headers[at + 1] as string).split(';')) {
      const equals = pair.indexOf('=');
      if (equals < 0 || pair.slice(0, equals).trim() !== name) continue;
      const value = pair.slice(equals + 1).trim();
      const isQuoted = value.length >= 2 && value.startsWith('"') && value.endsWith('"');
      const plain = isQuoted ? value.slice(1, -1) : value;
      return plain === '' ? undefined : plain;
    }
  }
  return undefined;
}
