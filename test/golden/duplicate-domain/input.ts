import { bootstrap, directResponse, httpListener, virtualHost } from 'envoy3';

const hello = directResponse('/', 200, 'hello');

export default bootstrap({
  listeners: [
    httpListener(8080, {
      virtualHosts: [
        virtualHost(['example.com', '*'], [hello]),
        virtualHost(['example.org', 'Example.com'], [hello]),
      ],
    }),
  ],
});
