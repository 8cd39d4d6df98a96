/** `envoy.filters.listener.tls_inspector`: server name and protocols of a ClientHello, or that there is none. */
import type { Fields } from '../common/message-fields.js';
import { numberOf } from '../common/message-fields.js';
import type { StatsScope } from '../stats/stat.js';
import { maxClientHello, readClientHello } from './client-hello.js';
import type { ListenerFilter } from './listener-filter.js';
import { createInspectorStats } from './listener-stats.js';

export function createTlsInspector(config: Fields, scope: StatsScope): ListenerFilter {
  const stats = createInspectorStats(scope);
  const limit = numberOf(config.max_client_hello_size, maxClientHello);
  return {
    inspect(octets, findings) {
      const found = readClientHello(octets);
      if (found === 'more') {
        if (octets.length <= limit) return 'more';
        stats.clientHelloTooLarge.inc();
        return 'reject';
      }
      if (found === 'too-large') {
        stats.clientHelloTooLarge.inc();
        return 'reject';
      }
      if (found === 'not-tls') {
        stats.tlsNotFound.inc();
        return 0;
      }
      stats.tlsFound.inc();
      (found.serverName === '' ? stats.sniNotFound : stats.sniFound).inc();
      (found.applicationProtocols.length === 0 ? stats.alpnNotFound : stats.alpnFound).inc();
      findings.isTls = true;
      findings.hello = found;
      return 0;
    },
  };
}

/**
 * For a TLS chain whose listener has no inspector: which certificate, whether a protocol is negotiated, all that is decided
 * by the first message. It counts nothing, and leaves to the handshake what is too large.
 */
export const helloReader: ListenerFilter = {
  inspect(octets, findings) {
    const found = readClientHello(octets);
    if (found === 'more') return 'more';
    if (typeof found !== 'string') {
      findings.isTls = true;
      findings.hello = found;
    }
    return 0;
  },
};
