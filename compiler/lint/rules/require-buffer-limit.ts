import { numberAt } from '../../check/bootstrap-view.js';
import { nameOf } from '../cluster-facts.js';
import type { LintRule } from '../lint-rule.js';
import { openListeners } from '../open-addresses.js';

/**
 * # require-buffer-limit
 *
 * Envoy buffers up to 1 MiB for each connection. Ten thousand slow readers then hold 10 GB. At the edge 32 KiB is enough:
 * it costs no throughput, as watermarks stop the sender.
 *
 * Wrong:
 *
 * ```yaml listener
 * name: edge
 * address: { socket_address: { address: 0.0.0.0, port_value: 8080 } }
 * filter_chains: [{}]
 * ```
 *
 * Right:
 *
 * ```yaml listener
 * name: edge
 * address: { socket_address: { address: 0.0.0.0, port_value: 8080 } }
 * per_connection_buffer_limit_bytes: 32768
 * filter_chains: [{}]
 * ```
 *
 * Source: Envoy documentation, "Configuring Envoy as an edge proxy".
 */
export const requireBufferLimit: LintRule<'require-buffer-limit'> = {
  name: 'require-buffer-limit',
  pack: 'edge',
  summary: 'an open listener buffers little for each connection',
  severity: 'off',
  options: { maxBytes: 1_048_575 },
  *check(view, { maxBytes }) {
    for (const listener of openListeners(view)) {
      const limit = numberAt(listener.value.per_connection_buffer_limit_bytes);
      if (limit !== undefined && limit <= maxBytes) continue;
      yield {
        path: limit === undefined ? listener.path : [...listener.path, 'per_connection_buffer_limit_bytes'],
        message: `the listener '${nameOf(listener)}' is open to others and may buffer ${limit ?? '1 MiB'} for each connection`,
        fix: 'set per_connection_buffer_limit_bytes: 32768',
      };
    }
  },
};
