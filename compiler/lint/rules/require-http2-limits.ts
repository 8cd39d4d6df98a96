import { isSet } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { openManagers } from '../open-addresses.js';

const limits = ['max_concurrent_streams', 'initial_stream_window_size', 'initial_connection_window_size'];

/**
 * # require-http2-limits
 *
 * One HTTP/2 connection carries many streams, each with a window of memory. Envoy's defaults (1,024 streams, windows of 16
 * and 24 MiB) suit a service mesh. At the edge it recommends 100 streams, 64 KiB for a stream and 1 MiB for a connection.
 *
 * Wrong:
 *
 * ```yaml hcm
 * http2_protocol_options: {}
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * http2_protocol_options:
 *   max_concurrent_streams: 100
 *   initial_stream_window_size: 65536
 *   initial_connection_window_size: 1048576
 * ```
 *
 * Source: Envoy documentation, "Configuring Envoy as an edge proxy".
 */
export const requireHttp2Limits: LintRule<'require-http2-limits'> = {
  name: 'require-http2-limits',
  pack: 'edge',
  summary: 'an open listener limits streams and windows of HTTP/2',
  severity: 'off',
  *check(view) {
    for (const manager of openManagers(view)) {
      if (manager.value.codec_type === 'HTTP1' || manager.value.codec_type === 'HTTP3') continue;
      const options = manager.at('http2_protocol_options');
      const missing = limits.filter((field) => !isSet(options.value[field]));
      if (missing.length === 0) continue;
      yield {
        path: isSet(manager.value.http2_protocol_options) ? options.path : manager.path,
        message: `HTTP/2 is open to others without ${missing.join(', ')}`,
        fix: 'set max_concurrent_streams: 100, initial_stream_window_size: 65536, initial_connection_window_size: 1048576',
      };
    }
  },
};
