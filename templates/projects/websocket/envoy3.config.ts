/**
 * WebSockets on `/chat`, plain HTTP beside them.
 */
import { admin, bootstrap, envNumber, httpListener, route, staticCluster, virtualHost } from 'envoy3';

const chat = staticCluster('chat', [`127.0.0.1:${envNumber('CHAT_PORT', 9090)}`]);

export default bootstrap({
  admin: admin({ port: envNumber('ADMIN_PORT', 9901) }),
  listeners: [
    httpListener(envNumber('PORT', 10000), {
      address: '127.0.0.1',
      name: 'ingress',
      virtualHosts: [
        virtualHost(
          ['*'],
          [
            // A connection may be silent for an hour, and lasts as long as it likes: a time-out of the whole request,
            // 15 seconds by default, would end it.
            route({ path: '/chat' }, chat, {
              name: 'chat',
              upgrades: ['websocket'],
              timeout: 0,
              idleTimeout: '1h',
            }),
            route('/', chat, { name: 'pages' }),
          ],
        ),
      ],
    }),
  ],
});
