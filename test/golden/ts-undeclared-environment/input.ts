import { bootstrap, directResponse, httpListener, virtualHost } from 'envoy3';

export default bootstrap({
  listeners: [httpListener(8080, { virtualHosts: [virtualHost(['*'], [directResponse('/', 200, process.env.GREETING ?? '')])] })],
});
