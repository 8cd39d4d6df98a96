/**
 * Staging: as production, but smaller, and patient.
 */
import { overlay } from 'envoy3';
import prod from './envoy3.config.prod.js';

export default overlay(prod, {
  node: { cluster: 'stage' },
  clusters: {
    api: { connect_timeout: '1s', circuit_breakers: { thresholds: [{ max_requests: 100 }] } },
  },
});
