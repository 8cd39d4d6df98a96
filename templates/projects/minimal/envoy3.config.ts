/**
 * One listener that answers by itself. A service behind it is one more line; see README.md.
 */
import { admin, bootstrap, directResponse, envNumber, httpListener, virtualHost } from 'envoy3';

export default bootstrap({
  admin: admin({ port: envNumber('ADMIN_PORT', 9901) }),
  listeners: [
    httpListener(envNumber('PORT', 10000), {
      address: '127.0.0.1',
      name: 'ingress',
      virtualHosts: [virtualHost(['*'], [directResponse('/', 200, 'Hello!\n')])],
    }),
  ],
});
