import { bootstrap, httpListener, route, strictDns, virtualHost } from 'envoy3';

const one = strictDns('web', ['one:80']);
const other = strictDns('web', ['other:80']);

export default bootstrap({
  listeners: [
    httpListener(8080, { virtualHosts: [virtualHost(['*'], [route('/a', one), route('/', other)])] }),
  ],
});
