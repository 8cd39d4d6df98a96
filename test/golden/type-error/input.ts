import { bootstrap, httpListener, route, strictDns, virtualHost } from 'envoy3';

export default bootstrap({
  listeners: [httpListener('8080', { virtualHosts: [] })],
});
