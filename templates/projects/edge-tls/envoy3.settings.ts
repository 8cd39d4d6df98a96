import { defineRule, defineSettings } from 'envoy3';

const managerType = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';
const chainType = 'envoy.config.listener.v3.FilterChain';

/** h2c is there to look at, and says so whenever it is compiled. */
const noCleartextHttp2 = defineRule({
  name: 'edge/no-cleartext-http2',
  summary: 'HTTP/2 is spoken over TLS alone',
  *check(view) {
    for (const manager of view.all(managerType)) {
      const chain = manager.within(chainType);
      if (chain?.value.transport_socket !== undefined || manager.value.codec_type === 'HTTP1') continue;
      yield {
        path: manager.path,
        message: 'h2c: this port takes HTTP/2 without TLS, and everybody on the way can read and change it',
        fix: 'leave H2C off; it is for looking at things inside a network that you trust',
      };
    }
  },
});

export default defineSettings({ lint: { own: [noCleartextHttp2] } });
