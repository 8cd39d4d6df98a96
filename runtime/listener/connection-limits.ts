/**
 * How many connections clients may have open: of one listener by a value of the runtime layer, of all by the overload
 * manager or a value of the runtime layer, as in Envoy. What is beyond is closed at once.
 */
import type { Socket } from 'node:net';
import type { Fields } from '../common/message-fields.js';
import type { LimitShare } from '../common/limit-share.js';
import { wholeLimit } from '../common/limit-share.js';
import { messageOf, messagesOf, numberOf, typeNameOf } from '../common/message-fields.js';
import type { Counter } from '../stats/stat.js';

const monitorType =
  'envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig';
const globalKey = 'overload.global_downstream_max_connections';
const listenerKey = /^envoy\.resource_limits\.listener\.(.+)\.connection_limit$/;

/** Keys of nested structs are joined by dots. */
function* runtimeEntries(value: unknown, key = ''): Generator<readonly [string, unknown]> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    yield [key, value];
    return;
  }
  for (const [name, one] of Object.entries(value)) {
    yield* runtimeEntries(one, key === '' ? name : `${key}.${name}`);
  }
}

export interface ConnectionLimits {
  /** undefined: no limit. */
  readonly global: number | undefined;
  /** By the name of the listener. */
  readonly ofListener: ReadonlyMap<string, number>;
}

/** @param bootstrap canonical. @param share of each limit */
export function readConnectionLimits(bootstrap: Fields, share: LimitShare = wholeLimit): ConnectionLimits {
  let global: number | undefined;
  const ofListener = new Map<string, number>();
  for (const { static_layer } of messagesOf(messageOf(bootstrap.layered_runtime).layers)) {
    for (const [key, value] of runtimeEntries(static_layer ?? {})) {
      const limit = share(Number(value));
      if (key === globalKey) global = limit;
      const name = listenerKey.exec(key)?.[1];
      if (name !== undefined) ofListener.set(name, limit);
    }
  }
  for (const { typed_config } of messagesOf(messageOf(bootstrap.overload_manager).resource_monitors)) {
    if (typeNameOf(typed_config) !== monitorType) continue;
    global = share(numberOf(messageOf(typed_config).max_active_downstream_connections, 0));
  }
  return { global, ofListener };
}

/** Open connections, counted over all configurations that have a part in them. */
export interface OpenCount {
  open: number;
}

/** One limit with what has been used of it. */
export interface ConnectionLimit {
  readonly max: number;
  readonly count: OpenCount;
  /** Connections that were refused. */
  readonly refused: Counter;
}

/** @returns false when the connection is beyond a limit; it is closed then */
export function admit(socket: Socket, limits: readonly ConnectionLimit[]): boolean {
  const exceeded = limits.find(({ count, max }) => count.open >= max);
  if (exceeded !== undefined) {
    exceeded.refused.inc();
    socket.on('error', () => undefined);
    socket.destroy();
    return false;
  }
  for (const { count } of limits) count.open++;
  socket.once('close', () => {
    for (const { count } of limits) count.open--;
  });
  return true;
}
