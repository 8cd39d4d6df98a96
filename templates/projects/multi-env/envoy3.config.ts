/**
 * What all environments share. Each is an overlay on it: `envoy3.config.dev.ts`, `.stage.ts`, `.prod.ts`.
 */
import {
  accessLog,
  admin,
  bootstrap,
  envNumber,
  httpHealthCheck,
  httpListener,
  route,
  strictDns,
  virtualHost,
} from 'envoy3';

const api = strictDns('api', ['api.internal:8080'], {
  connectTimeout: '0.25s',
  healthChecks: [httpHealthCheck('/healthz')],
});
const web = strictDns('web', ['web.internal:8080'], { connectTimeout: '0.25s' });

export default bootstrap({
  node: { id: 'gateway', cluster: 'base' },
  admin: admin({ port: envNumber('ADMIN_PORT', 9901) }),
  listeners: [
    httpListener(envNumber('PORT', 10000), {
      name: 'ingress',
      accessLog: accessLog(),
      virtualHosts: [
        virtualHost(['*'], [route('/api/', api, { prefixRewrite: '/', timeout: '3s' }), route('/', web)]),
      ],
    }),
  ],
});
