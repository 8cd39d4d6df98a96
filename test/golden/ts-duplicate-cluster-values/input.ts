import { bootstrap, httpListener, route, staticCluster, virtualHost } from 'envoy3';

export default bootstrap({
  listeners: [httpListener(8080, { virtualHosts: [virtualHost(['*'], [route('/a', staticCluster('api', ['127.0.0.1:1'])), route('/b', staticCluster('api', ['127.0.0.1:2']))])] })],
});
