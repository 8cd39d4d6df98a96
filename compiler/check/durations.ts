/**
 * E3016: durations that Envoy computes with when it starts: none below zero, none of 292 years and more. Only fields that
 * were asked of Envoy are looked at.
 */
import { durationMs } from '../../dsl/api/index.js';
import type { BootstrapView } from './bootstrap-view.js';
import type { Finding } from './finding.js';

/** Nanoseconds of 64 bits, in milliseconds. */
const limitMs = 9_223_372_036_000;

const fields: Readonly<Record<string, readonly string[]>> = {
  'envoy.config.cluster.v3.Cluster': ['connect_timeout'],
  'envoy.config.route.v3.RouteAction': ['timeout', 'idle_timeout'],
  'envoy.config.route.v3.RouteAction.MaxStreamDuration': ['max_stream_duration'],
  'envoy.extensions.filters.http.admission_control.v3.AdmissionControl': ['sampling_window'],
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager': [
    'request_timeout',
    'stream_idle_timeout',
  ],
};

export function* durations(view: BootstrapView): Generator<Finding> {
  for (const [type, names] of Object.entries(fields)) {
    for (const message of view.all(type)) {
      for (const name of names) {
        const text = message.value[name];
        if (typeof text !== 'string') continue;
        const milliseconds = durationMs(text);
        if (milliseconds >= 0 && milliseconds < limitMs) continue;
        yield {
          code: 'E3016',
          severity: 'error',
          path: [...message.path, name],
          message: `Envoy cannot count the duration ${text}`,
          fix: milliseconds < 0 ? 'take one of 0s or more' : 'take one below 292 years',
        };
      }
    }
  }
}
