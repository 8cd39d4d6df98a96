/**
 * What tracing serves of Envoy's messages; tracers tell of their own.
 */
import type { SupportedFields } from '../config/supported-fields.js';

const manager = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const tag = 'envoy.type.tracing.v3.CustomTag';
const kind = 'envoy.type.metadata.v3.MetadataKind';

export const tracingSupportedFields: SupportedFields = {
  [`${manager}.Tracing`]: {
    client_sampling: true,
    random_sampling: true,
    overall_sampling: true,
    verbose: true,
    max_path_tag_length: true,
    custom_tags: true,
    provider: true,
    spawn_upstream_span: true,
    operation: true,
    upstream_operation: true,
    no_context_propagation: true,
  },
  'envoy.extensions.filters.network.http_connection_manager.v3.RequestIDExtension': { typed_config: true },
  'envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig': {
    pack_trace_reason: true,
    use_request_id_for_trace_sampling: true,
  },
  'envoy.config.trace.v3.Tracing.Http': { name: true, typed_config: true },
  'envoy.type.v3.Percent': { value: true },
  [tag]: {
    tag: true,
    literal: true,
    environment: true,
    request_header: true,
    metadata: true,
    value: true,
  },
  [`${tag}.Literal`]: { value: true },
  [`${tag}.Environment`]: { name: true, default_value: true },
  [`${tag}.Header`]: { name: true, default_value: true },
  [`${tag}.Metadata`]: { kind: true, metadata_key: true, default_value: true },
  [kind]: { request: true, route: true, cluster: true, host: true },
  [`${kind}.Request`]: {},
  [`${kind}.Route`]: {},
  [`${kind}.Cluster`]: {},
  [`${kind}.Host`]: {},
  'envoy.type.metadata.v3.MetadataKey': { key: true, path: true },
  'envoy.type.metadata.v3.MetadataKey.PathSegment': { key: true },
};
