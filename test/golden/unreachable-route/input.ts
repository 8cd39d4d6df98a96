import { bootstrap, httpListener, route, strictDns, virtualHost } from 'envoy3';

const web = strictDns('web', ['web:80']);
const api = strictDns('api', ['api:80']);

const routes = [route('/', web), route('/api', api)];

export default bootstrap({
  listeners: [httpListener(8080, { virtualHosts: [virtualHost(['*'], routes)] })],
});
