/**
 * Who may call the API: anything but a web page. Without this, a page in the browser of somebody whose machine runs
 * discovery could register a service of its own and be sent the traffic (CSRF, DNS rebinding).
 */
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

/** `localhost`, an IP address, or a name without a dot: none of these can be a stranger's domain. */
function isLocalHost(host: string): boolean {
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[(.*)\]$/, '$1')
    .toLowerCase();
  return isIP(name) !== 0 || !name.includes('.') || /\.(?:localhost|consul)$/.test(name);
}

/**
 * @param loopback whether the API listens on loopback only; elsewhere it may have any name
 * @returns why the request is refused, or undefined
 */
export function crossSiteReason(
  method: string | undefined,
  headers: IncomingHttpHeaders,
  loopback: boolean,
): string | undefined {
  if (headers.origin !== undefined) return 'requests of web pages are refused (Origin header)';
  const site = headers['sec-fetch-site'];
  // The page of this service itself may look; a name that can be a stranger's may be one that leads here (rebinding).
  const own =
    method === 'GET' && site === 'same-origin' && headers.host !== undefined && isLocalHost(headers.host);
  if (site !== undefined && site !== 'none' && !own)
    return 'requests of web pages are refused (Sec-Fetch-Site header)';
  if (loopback && headers.host !== undefined && !isLocalHost(headers.host)) {
    return `'${headers.host}' is not a name of this machine (Host header)`;
  }
  return undefined;
}
