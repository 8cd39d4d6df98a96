/**
 * The services that discovery knows from the start. More register over its HTTP API.
 */
import { defineServices, envNumber } from 'envoy3';

export default defineServices([
  {
    name: 'backend_service',
    id: 'backend-1',
    address: '127.0.0.1',
    port: envNumber('BACKEND_PORT', 9090),
  },
  {
    name: 'backend_canary',
    id: 'canary-1',
    address: '127.0.0.1',
    port: envNumber('CANARY_PORT', 9091),
  },
]);
