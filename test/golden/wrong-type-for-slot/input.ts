import { bootstrap, httpListener, virtualHost } from 'envoy3';

export default bootstrap({
  listeners: [
    httpListener(8080, {
      virtualHosts: [virtualHost(['*'], [])],
      filters: [
        {
          name: 'envoy.filters.network.tcp_proxy',
          typed_config: {
            '@type': 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy',
            stat_prefix: 'x',
            cluster: 'x',
          },
        },
      ],
    }),
  ],
});
