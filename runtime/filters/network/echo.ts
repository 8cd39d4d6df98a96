/** `envoy.filters.network.echo`: sends back what comes. */
import type { SupportedFields } from '../../config/supported-fields.js';
import type { FactoryContext, NetworkFilter } from '../../network/filter.js';
import { OpenConnections } from './open-connections.js';

export function echoFactory(_config: unknown, { bufferLimitBytes }: FactoryContext): NetworkFilter {
  const connections = new OpenConnections();
  return {
    onConnection(socket) {
      connections.add(socket);
      socket.on('data', (chunk: Buffer) => {
        // Whoever does not read what comes back is not read either.
        if (!socket.write(chunk) && socket.writableLength > bufferLimitBytes) socket.pause();
      });
      socket.on('drain', () => socket.resume());
      // Envoy closes at once and may lose what was to go back; here it still goes.
      socket.on('end', () => socket.end());
    },
    // There is nothing to configure.
    prepareUpdate: () => () => undefined,
    drain() {},
    get activeConnections() {
      return connections.size;
    },
    close: () => connections.close(),
  };
}

export const echoSupportedFields: SupportedFields = { 'envoy.extensions.filters.network.echo.v3.Echo': {} };
