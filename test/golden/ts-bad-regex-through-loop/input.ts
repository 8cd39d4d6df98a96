import { bootstrap, httpListener, route, staticCluster, virtualHost } from 'envoy3';

const api = staticCluster('api', ['127.0.0.1:9000']);

export default bootstrap({
  listeners: [httpListener(8080, { virtualHosts: [virtualHost(['*'], [...['[a-z]+', '([0-9]+'].map((regex) => route({ regex }, api))])] })],
});
