import { bootstrap, directResponse, httpListener, virtualHost } from 'envoy3';

const virtualHosts = [virtualHost(['*'], [directResponse('/', 200, 'hello')])];

export default bootstrap({
  listeners: [httpListener(8080, { virtualHosts }), httpListener(8080, { name: 'again', virtualHosts })],
});
