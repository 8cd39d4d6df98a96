/**
 * `strip_any_host_port`, `strip_matching_host_port`, `strip_trailing_host_dot`: what of the host header goes before routing.
 */
import type { RequestHead } from './codec.js';
import { setAuthority } from './codec.js';

/** Host (an IPv6 address in brackets, too) and port. */
const parts = /^(\[[^\]]*\]|[^:]*)(?::(\d+))?$/;

/** @param localPort of the listener, for `matching` */
export function stripHost(
  head: RequestHead,
  port: 'none' | 'any' | 'matching',
  trailingDot: boolean,
  localPort: number,
): void {
  const found = parts.exec(head.authority);
  if (found === null) return;
  let host = found[1] as string;
  let suffix = found[2] === undefined ? '' : `:${found[2]}`;
  if (trailingDot && host.endsWith('.')) host = host.slice(0, -1);
  // The port of a CONNECT is what it is about.
  if (suffix !== '' && head.method !== 'CONNECT') {
    if (port === 'any' || (port === 'matching' && Number(found[2]) === localPort)) suffix = '';
  }
  const stripped = host + suffix;
  if (stripped !== head.authority) setAuthority(head, stripped);
}
