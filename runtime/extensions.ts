/**
 * Everything that is built in, by the message of its `typed_config`, and all that is served of Envoy's messages. What is
 * not here is refused by name ("needs real Envoy").
 */
import { accessLogSupportedFields } from './access-log/supported-fields.js';
import { bootstrapSupportedFields } from './config/bootstrap-supported-fields.js';
import type { SupportedFields } from './config/supported-fields.js';
import { joinSupportedFields } from './config/supported-fields.js';
import { routerFilterFactory } from './filters/http/router/router-filter.js';
import { createHttpConnectionManagerFactory } from './filters/network/http-connection-manager.js';
import type { HttpFilterFactory } from './http/filter.js';
import { http1SupportedFields } from './http/http1/supported-fields.js';
import { httpSupportedFields } from './http/supported-fields.js';
import { listenerSupportedFields } from './listener/supported-fields.js';
import type { NetworkFilterFactory } from './network/filter.js';
import { tlsSupportedFields } from './network/tls/supported-fields.js';
import { routeSupportedFields } from './route/supported-fields.js';
import { upstreamSupportedFields } from './upstream/supported-fields.js';

export const httpFilters: ReadonlyMap<string, HttpFilterFactory> = new Map([
  ['envoy.extensions.filters.http.router.v3.Router', routerFilterFactory],
]);

export const networkFilters: ReadonlyMap<string, NetworkFilterFactory> = new Map([
  [
    'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
    createHttpConnectionManagerFactory(httpFilters),
  ],
]);

export const supportedFields: SupportedFields = joinSupportedFields(
  bootstrapSupportedFields,
  listenerSupportedFields,
  tlsSupportedFields,
  httpSupportedFields,
  http1SupportedFields,
  routeSupportedFields,
  accessLogSupportedFields,
  upstreamSupportedFields,
);
