import { bootstrap, httpListener, route, strictDns, virtualHost } from 'envoy3';

const target: string = 'servce';

export default bootstrap({
  clusters: [strictDns('service', ['service:80'])],
  listeners: [
    httpListener(8080, {
      virtualHosts: [virtualHost(['*'], [{ match: { prefix: '/' }, route: { cluster: target } }])],
    }),
  ],
});
