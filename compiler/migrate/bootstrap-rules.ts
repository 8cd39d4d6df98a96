/**
 * The bootstrap of v2: admin interface, runtime, logs, traces.
 */
import type { YAMLMap } from 'yaml';
import { isMap, isScalar } from 'yaml';
import { MapEdit } from './map-edit.js';
import type { MigrationRule } from './migration-rule.js';
import { any } from './migration-rule.js';

/** The log of the admin interface is one as any other. */
export const accessLogPath: MigrationRule = (edit, report) => {
  const path = edit.get('access_log_path');
  if (path === undefined) return;
  report('access_log_path', 'access_log_path is an access_log of a file now');
  edit.replace('access_log_path', 'access_log', [
    {
      name: 'envoy.access_loggers.file',
      typed_config: { '@type': `${any}envoy.extensions.access_loggers.file.v3.FileAccessLog`, path: null },
    },
  ]);
  const [log] = edit.items('access_log');
  new MapEdit(log as YAMLMap).child('typed_config')?.set('path', path);
};

/** Formats of a file access log. */
export const logFormat: MigrationRule = (edit, report) => {
  const format = edit.get('format');
  if (isScalar(format)) {
    report('format', 'format is log_format.text_format_source.inline_string now');
    edit.replace('format', 'log_format', { text_format_source: { inline_string: null } });
    edit.child('log_format')?.child('text_format_source')?.set('inline_string', format);
  }
  for (const field of ['json_format', 'typed_json_format']) {
    const value = edit.get(field);
    if (value === undefined) continue;
    report(field, `${field} is log_format.json_format now`);
    edit.replace(field, 'log_format', { json_format: null });
    edit.child('log_format')?.set('json_format', value);
  }
};

/** `runtime` -> `layered_runtime`, in the order in which the old one was searched. */
export const runtimeLayers: MigrationRule = (edit, report) => {
  const value = edit.get('runtime');
  if (!isMap(value)) return;
  report('runtime', 'runtime is layered_runtime now');
  const old = new MapEdit(value as YAMLMap);
  const layers: object[] = [];
  const root = old.text('symlink_root');
  const folder = old.text('subdirectory') ?? 'envoy';
  if (root !== undefined) {
    layers.push({ name: 'root', disk_layer: { symlink_root: root, subdirectory: folder } });
    const override = old.text('override_subdirectory');
    if (override !== undefined) {
      const disk_layer = { symlink_root: root, subdirectory: override, append_service_cluster: true };
      layers.push({ name: 'override', disk_layer });
    }
  }
  layers.push({ name: 'admin', admin_layer: {} });
  edit.replace('runtime', 'layered_runtime', { layers });
};

/** The API of Zipkin has to be said. */
export const zipkinVersion: MigrationRule = (edit, report) => {
  const version = edit.text('collector_endpoint_version');
  if (version !== undefined && version.toUpperCase() !== 'HTTP_JSON_V1') return;
  const at = version === undefined ? 'collector_endpoint' : 'collector_endpoint_version';
  report(at, 'collector_endpoint_version must be set; v1 of the API of Zipkin is gone');
  edit.set('collector_endpoint_version', 'HTTP_JSON');
  if (edit.text('collector_endpoint') === '/api/v1/spans') edit.set('collector_endpoint', '/api/v2/spans');
};
