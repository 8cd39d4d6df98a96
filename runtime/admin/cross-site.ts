/**
 * The admin server has no password: whoever reaches it rules. A browser on the same machine reaches it for every page
 * that it shows, so that requests which a page of another site makes must not change anything.
 */

/** @returns whether a browser says that a page of another site sent this request */
export function isCrossSite(headers: {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly 'sec-fetch-site'?: string | string[] | undefined;
}): boolean {
  const site = String(headers['sec-fetch-site'] ?? '').toLowerCase();
  if (site === 'cross-site' || site === 'same-site') return true;
  if (headers.origin === undefined) return false;
  try {
    // Both through the same parser, for the default port may be written out in one of them.
    const origin = new URL(headers.origin);
    return origin.host !== new URL(`${origin.protocol}//${headers.host ?? ''}`).host;
  } catch {
    // `null` is the origin of a page that hides where it comes from.
    return true;
  }
}
