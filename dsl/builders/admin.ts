import type { Admin } from '../types.js';
import { socketAddress } from './address.js';

export interface AdminOptions {
  /** Default 9901. */
  readonly port?: number;
  /** Default 127.0.0.1: the admin interface has no authentication. */
  readonly address?: string;
}

/** The admin interface (`Bootstrap.admin`). */
export function admin(options: AdminOptions = {}): Admin {
  return { address: socketAddress(options.address ?? '127.0.0.1', options.port ?? 9901) };
}
