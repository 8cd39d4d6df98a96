/**
 * Secrets by name: a configuration names them, and never holds them.
 */
import type { SdsSecretConfig } from '../types.js';

/** Of `secretRef`. */
export interface SecretRefOptions {
  /** File in the form of SDS that the proxy watches. Default: a secret of `static_resources.secrets`. */
  readonly path?: string;
}

/** `secretRef('server_certificate', { path: '/etc/envoy/secrets/server.yaml' })`. */
export function secretRef(name: string, options: SecretRefOptions = {}): SdsSecretConfig {
  if (options.path === undefined) return { name };
  return { name, sds_config: { path_config_source: { path: options.path }, resource_api_version: 'V3' } };
}
