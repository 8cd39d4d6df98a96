import { bootstrap, httpListener, router, virtualHost } from 'envoy3';
import type { HttpFilter } from 'envoy3';

const cors: HttpFilter = {
  name: 'envoy.filters.http.cors',
  typed_config: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors' },
};

export default bootstrap({
  listeners: [
    httpListener(8080, {
      virtualHosts: [virtualHost(['*'], [])],
      raw: { http_filters: [router(), cors] },
    }),
  ],
});
