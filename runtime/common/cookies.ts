/**
 * The value of a cookie of a request, without the quotes that may be around it (RFC 6265 section 4.1.1); `''` when there is
 * none. Of several of one name the first counts.
 * @param name case counts
 */
export function cookieValue(headers: readonly string[], name: string): string {
  for (let at = 0; at < headers.length; at += 2) {
    if (headers[at] !== 'cookie') continue;
    for (const part of (headers[at + 1] as string).split(';')) {
      const equals = part.indexOf('=');
      if (equals < 0 || part.slice(0, equals).replace(/^ +/, '') !== name) continue;
      const value = part.slice(equals + 1);
      return value.length >= 2 && value.startsWith('"') && value.endsWith('"') ? value.slice(1, -1) : value;
    }
  }
  return '';
}
