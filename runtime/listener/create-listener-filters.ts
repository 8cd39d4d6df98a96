/** `listener_filters` -> what inspects connections; what is not built is refused by name. */
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, textOf, typeNameOf } from '../common/message-fields.js';
import { ConfigError } from '../network/filter.js';
import type { StatsScope } from '../stats/stat.js';
import { createHttpInspector } from './http-inspector.js';
import type { ListenerFilter } from './listener-filter.js';
import { createProxyProtocolFilter } from './proxy-protocol.js';
import { createTlsInspector } from './tls-inspector.js';

const prefix = 'envoy.extensions.filters.listener.';
export const tlsInspectorType = `${prefix}tls_inspector.v3.TlsInspector`;
export const proxyProtocolType = `${prefix}proxy_protocol.v3.ProxyProtocol`;

const factories: Readonly<Record<string, (config: Fields, scope: StatsScope) => ListenerFilter>> = {
  [tlsInspectorType]: createTlsInspector,
  [`${prefix}http_inspector.v3.HttpInspector`]: (_config, scope) => createHttpInspector(scope),
  [proxyProtocolType]: createProxyProtocolFilter,
};

/** @throws ConfigError with the path inside the listener */
export function createListenerFilters(configs: unknown, scope: StatsScope): readonly ListenerFilter[] {
  return messagesOf(configs).map(({ name, typed_config }, index) => {
    const type = typeNameOf(typed_config);
    const create = Object.hasOwn(factories, type) ? factories[type] : undefined;
    if (create !== undefined) return create(messageOf(typed_config), scope);
    const path = ['listener_filters', index, 'typed_config'];
    throw new ConfigError(`the listener filter ${type || textOf(name)} needs real Envoy`, path, true);
  });
}
