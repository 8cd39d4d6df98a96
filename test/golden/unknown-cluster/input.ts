import { bootstrap, httpListener, route, strictDns, virtualHost } from 'envoy3';

const service = strictDns('service', ['service:80']);

export default bootstrap({
  clusters: [service],
  listeners: [httpListener(8080, { virtualHosts: [virtualHost(['*'], [route('/', 'servce')])] })],
});
