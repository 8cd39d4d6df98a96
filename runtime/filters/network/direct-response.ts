/** `envoy.filters.network.direct_response`: says one thing to everybody and closes. */
import type { Socket } from 'node:net';
import { messageOf } from '../../common/message-fields.js';
import type { SupportedFields } from '../../config/supported-fields.js';
import { under } from '../../network/config-path.js';
import { readDataSource } from '../../network/data-source.js';
import type { FactoryContext, NetworkFilter } from '../../network/filter.js';
import { OpenConnections } from './open-connections.js';

const readResponse = (config: unknown): Buffer => {
  const { response } = messageOf(config);
  return response === undefined ? Buffer.alloc(0) : under(() => readDataSource(response), 'response');
};

/** @throws ConfigError with the path inside the message */
export function directResponseFactory(config: unknown, _context: FactoryContext): NetworkFilter {
  const connections = new OpenConnections();
  let response = readResponse(config);
  return {
    onConnection(socket) {
      connections.add(socket);
      if (response.length > 0) socket.write(response);
      (socket as Socket).destroySoon();
    },
    prepareUpdate(next) {
      const changed = readResponse(next);
      return () => {
        response = changed;
      };
    },
    drain() {},
    get activeConnections() {
      return connections.size;
    },
    close: () => connections.close(),
  };
}

export const directResponseSupportedFields: SupportedFields = {
  'envoy.extensions.filters.network.direct_response.v3.Config': { response: true },
};
