import { numberAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { openManagers } from '../open-addresses.js';

/** Envoy's defaults. */
const defaults: Readonly<Record<string, number>> = {
  max_outbound_frames: 10_000,
  max_outbound_control_frames: 1000,
  max_consecutive_inbound_frames_with_empty_payload: 1,
  max_inbound_priority_frames_per_stream: 100,
  max_inbound_window_update_frames_per_data_frame_sent: 10,
};

/**
 * # no-raised-flood-limits
 *
 * HTTP/2 has floods of frames that cost the sender nothing: pings, settings, resets, empty data. Envoy counts them and
 * closes the connection. Raised limits open the door that they close.
 *
 * Wrong:
 *
 * ```yaml hcm
 * http2_protocol_options: { max_outbound_control_frames: 100000 }
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * http2_protocol_options: { max_concurrent_streams: 100 }
 * ```
 *
 * Source: envoy.config.core.v3.Http2ProtocolOptions; CVE-2019-9512, CVE-2019-9514, CVE-2019-9515, CVE-2019-9518.
 */
export const noRaisedFloodLimits: LintRule<'no-raised-flood-limits'> = {
  name: 'no-raised-flood-limits',
  pack: 'edge',
  summary: 'limits against HTTP/2 floods are not raised',
  severity: 'warning',
  *check(view) {
    for (const manager of openManagers(view)) {
      const options = manager.at('http2_protocol_options');
      for (const [field, usual] of Object.entries(defaults)) {
        const limit = numberAt(options.value[field]);
        if (limit === undefined || limit <= usual) continue;
        yield {
          path: [...options.path, field],
          message: `the limit against floods is raised from ${usual} to ${limit} on a listener that is open to others`,
          fix: 'leave the default',
        };
      }
    }
  },
};
