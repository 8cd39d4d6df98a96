import type { Admin } from '../types.js';
import { socketAddress } from './address.js';

export interface AdminOptions {
  /** Default 9901. */
  readonly port?: number;
  /** Default 127.0.0.1: the admin interface has no authentication. */
  readonly address?: string;
  /** Any other field of `Admin`, such as `allow_paths`; it wins over what the builder sets. */
  readonly raw?: Partial<Admin>;
}

/** The admin interface (`Bootstrap.admin`). */
export function admin(options: AdminOptions = {}): Admin {
  return { address: socketAddress(options.address ?? '127.0.0.1', options.port ?? 9901), ...options.raw };
}
