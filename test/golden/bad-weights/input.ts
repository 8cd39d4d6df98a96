import { bootstrap, httpListener, route, staticCluster, virtualHost, weighted } from 'envoy3';

const stable = staticCluster('stable', ['10.0.0.1:80']);
const canary = staticCluster('canary', ['10.0.0.2:80']);

export default bootstrap({
  listeners: [
    httpListener(8080, {
      virtualHosts: [
        virtualHost(['*'], [
          route(
            '/',
            weighted([
              [stable, 0],
              [canary, 0],
            ]),
          ),
        ]),
      ],
    }),
  ],
});
