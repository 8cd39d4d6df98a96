import { bootstrap, directResponse, env, httpListener, virtualHost } from 'envoy3';

export default bootstrap({
  listeners: [httpListener(8080, { virtualHosts: [virtualHost(['*'], [directResponse('/', 200, env('ENVOY3_GOLDEN_ABSENT'))])] })],
});
