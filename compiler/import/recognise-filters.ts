/**
 * Filters of all kinds that builders make.
 */
import * as dsl from '../../dsl/index.js';
import type { Expression, Fields } from './expression.js';
import { call, durationInput, isObject, list, object, scalar } from './expression.js';
import type { ImportContext, Recogniser } from './import-context.js';
import { httpManager, isEdgeManager, managerOptions } from './manager-options.js';

function tcpProxy(value: Fields, context: ImportContext): Expression | undefined {
  const config = value.typed_config;
  if (
    !isObject(config) ||
    config['@type'] !== 'type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy'
  ) {
    return undefined;
  }
  const target = typeof config.cluster === 'string' ? context.cluster(config.cluster) : undefined;
  if (target === undefined) return undefined;
  const logs = (config.access_log ?? []) as readonly unknown[];
  const options = object([
    ['idleTimeout', config.idle_timeout === undefined ? undefined : durationInput(config.idle_timeout)],
    [
      'connectAttempts',
      config.max_connect_attempts === undefined ? undefined : scalar(config.max_connect_attempts),
    ],
    [
      'accessLog',
      logs.length === 0
        ? undefined
        : list(logs.map((log) => context.message('envoy.config.accesslog.v3.AccessLog', log))),
    ],
  ]);
  return call('tcpProxy', dsl.tcpProxy as never, scalar(config.stat_prefix), target, options);
}

/** `httpConnectionManager`, `tcpProxy`. */
export const recogniseNetworkFilter: Recogniser = (value, context) => {
  const found = httpManager(value);
  if (found === undefined) return tcpProxy(value, context);
  const prefix = found.manager.stat_prefix;
  const members = managerOptions(found, String(prefix), isEdgeManager(found.manager), context);
  return call('httpConnectionManager', dsl.httpConnectionManager as never, scalar(prefix), object(members));
};

/** `tlsInspector` and the like. */
export const recogniseListenerFilter: Recogniser = (value) =>
  firstEqual(value, [
    ['tlsInspector', dsl.tlsInspector],
    ['httpInspector', dsl.httpInspector],
    ['originalDst', dsl.originalDst],
    ['proxyProtocol', dsl.proxyProtocol],
  ]);

/** A builder that makes the value without being told anything. */
function firstEqual(
  value: Fields,
  builders: readonly (readonly [name: string, make: () => unknown])[],
): Expression | undefined {
  const text = JSON.stringify(value);
  const found = builders.find(([, make]) => JSON.stringify(make()) === text);
  return found === undefined ? undefined : call(found[0], found[1]);
}

/** `router`, `cors` and the like. */
export const recogniseHttpFilter: Recogniser = (value) => {
  const plain = firstEqual(value, [
    ['router', dsl.router],
    ['cors', dsl.cors],
    ['csrf', dsl.csrf],
    ['grpcWeb', dsl.grpcWeb],
    ['grpcHttp1Bridge', dsl.grpcHttp1Bridge],
    ['grpcStats', dsl.grpcStats],
    ['compressor', dsl.compressor],
  ]);
  const config = value.typed_config;
  if (plain !== undefined || !isObject(config)) return plain;
  if (isObject(config.default_source_code))
    return call('lua', dsl.lua, scalar(config.default_source_code.inline_string));
  if (config.max_request_bytes !== undefined)
    return call('buffer', dsl.buffer, scalar(config.max_request_bytes));
  return undefined;
};
