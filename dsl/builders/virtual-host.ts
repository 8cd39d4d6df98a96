import type { VirtualHost } from '../types.js';
import type { RouteTo, VirtualHostOf } from './names.js';

export interface VirtualHostOptions {
  /** Default: the first domain, `all` for `*`. */
  readonly name?: string;
  /** Answer plain HTTP with a redirect to HTTPS. */
  readonly requireTls?: boolean;
  /** Any other field of `VirtualHost`; it wins over what the builder sets. */
  readonly raw?: Partial<VirtualHost>;
}

/** `virtualHost(['example.com', '*.example.com'], [route('/', web)])`. Domains: exact, `*.suffix`, `prefix.*`, `*`. */
export function virtualHost<const Names extends string = never>(
  domains: readonly string[],
  routes: readonly RouteTo<Names>[],
  options: VirtualHostOptions = {},
): VirtualHostOf<Names> {
  const [first = '*'] = domains;
  return {
    name: options.name ?? (first === '*' ? 'all' : first),
    domains,
    routes,
    ...(options.requireTls === true ? { require_tls: 'ALL' as const } : {}),
    ...options.raw,
  };
}
