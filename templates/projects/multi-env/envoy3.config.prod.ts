/**
 * Production: limits, and hosts that fail are left out.
 */
import { outlierDetection, overlay } from 'envoy3';
import base from './envoy3.config.js';

export default overlay(base, {
  node: { cluster: 'prod' },
  clusters: {
    api: {
      circuit_breakers: { thresholds: [{ max_requests: 2000, max_pending_requests: 500 }] },
      outlier_detection: outlierDetection(),
    },
    web: { outlier_detection: outlierDetection() },
  },
});
