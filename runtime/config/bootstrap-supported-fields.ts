/**
 * What is served of the bootstrap itself: the messages around listeners and clusters.
 */
import type { FieldSupport, SupportedFields } from './supported-fields.js';
import { onlyValues } from './supported-fields.js';

const bootstrap = 'envoy.config.bootstrap.v3.';

/** Settings of a static layer that mean nothing here: limits of RE2, which has another implementation. */
const harmlessRuntime: FieldSupport = (value) =>
  Object.keys(value as object).every((key) => key === 're2' || key.startsWith('re2.'))
    ? undefined
    : 'there are no runtime values here';

export const bootstrapSupportedFields: SupportedFields = {
  [`${bootstrap}Bootstrap`]: {
    node: true,
    admin: true,
    static_resources: true,
    layered_runtime: true,
    stats_flush_interval: true,
    // Envoy's own machinery: nothing of it exists here to be tuned.
    enable_dispatcher_stats: 'ignored',
    header_prefix: onlyValues('x-envoy'),
  },
  [`${bootstrap}Bootstrap.StaticResources`]: { listeners: true, clusters: true, secrets: true },
  [`${bootstrap}Admin`]: {
    address: true,
    allow_paths: true,
    // Nothing writes an access log of the admin interface; the start says so.
    access_log_path: 'ignored',
    access_log: 'ignored',
    profile_path: 'ignored',
    ignore_global_conn_limit: 'ignored',
  },
  [`${bootstrap}LayeredRuntime`]: { layers: true },
  [`${bootstrap}RuntimeLayer`]: { name: true, admin_layer: 'ignored', static_layer: harmlessRuntime },
  'envoy.config.core.v3.Node': {
    id: true,
    cluster: true,
    locality: 'ignored',
    metadata: 'ignored',
    user_agent_name: 'ignored',
  },
};
