import { bootstrap, httpListener, route, staticCluster, virtualHost } from 'envoy3';

const web = staticCluster('web', ['10.0.0.1:80']);

export default bootstrap({
  listeners: [
    httpListener(8080, {
      virtualHosts: [
        virtualHost(['*'], [
          route('/', web, {
            requestHeaders: {
              'x-client': '%DOWNSTREAM_REMOTE_ADRESS%',
              'x-load': '100%',
            },
          }),
        ]),
      ],
    }),
  ],
});
