import { bootstrap, httpListener, route, strictDns, virtualHost } from 'envoy3';

const web = strictDns('web', ['web:80'], { connectTimout: '1s' });

export default bootstrap({
  listeners: [httpListener(8080, { virtualHosts: [virtualHost(['*'], [route('/', web)])] })],
});
