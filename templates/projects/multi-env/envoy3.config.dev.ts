/**
 * The machine of a developer: services on the loopback, no health checks that fill their logs.
 */
import { envNumber, overlay } from 'envoy3';
import base from './envoy3.config.js';
import { loopbackHosts } from './loopback-hosts.js';

export default overlay(base, {
  node: { cluster: 'dev' },
  listeners: {
    ingress: {
      address: { socket_address: { address: '127.0.0.1', port_value: envNumber('PORT', 10000) } },
    },
  },
  clusters: {
    api: { ...loopbackHosts('api', envNumber('API_PORT', 9090)), health_checks: [] },
    web: loopbackHosts('web', envNumber('WEB_PORT', 9091)),
  },
});
