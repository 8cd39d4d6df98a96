import { bootstrap, httpListener, virtualHost } from 'envoy3';

export default bootstrap({
  listeners: [
    httpListener(8080, {
      virtualHosts: [
        virtualHost(['*'], [{ match: { prefix: '/', path: '/a' }, direct_response: { status: 200 } }]),
      ],
    }),
  ],
});
