import { bootstrap, httpListener, strictDns, virtualHost } from 'envoy3';

export default bootstrap({
  clusters: [strictDns('web', ['web:80'])],
  listeners: [httpListener(8080, { virtualHosts: [virtualHost(['*'], [{ route: { cluster: 'web' } }])] })],
});
