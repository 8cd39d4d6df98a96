import { bootstrap, httpListener, route, staticCluster, virtualHost } from 'envoy3';

export default bootstrap({
  listeners: [httpListener(8080, { virtualHosts: [virtualHost(['*'], [route('/', staticCluster('api', ['api.internal:9000']))])] })],
});
