import { bootstrap, directResponse, httpListener, virtualHost } from 'envoy3';

const paths = ['/a/.*', '/b/(.*', '/c/.*'];
const routes = paths.map((regex) => directResponse({ regex }, 200));

export default bootstrap({
  listeners: [httpListener(8080, { virtualHosts: [virtualHost(['*'], routes)] })],
});
