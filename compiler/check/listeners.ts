/**
 * E3008: listeners that Envoy cannot add: no address, no filter chain, chains where there are no connections.
 * E3009: two filter chains of one listener that match the same connections.
 */
import type { Path } from '../../dsl/api/index.js';
import type { BootstrapView, Message } from './bootstrap-view.js';
import { fieldsAt, isSet, typeOf } from './bootstrap-view.js';
import type { Finding } from './finding.js';

const internalListeners = 'envoy.extensions.bootstrap.internal_listener.v3.InternalListener';

function incomplete(listener: Message, field: string | undefined, message: string, fix: string): Finding {
  const { path } = listener;
  return {
    code: 'E3008',
    severity: 'error',
    path: field === undefined ? path : [...path, field],
    message,
    fix,
  };
}

function incompleteness(listener: Message, view: BootstrapView): Finding | undefined {
  const { value } = listener;
  if (isSet(value.api_listener)) return undefined;
  if (isSet(value.internal_listener)) {
    const extensions = view.root.list('bootstrap_extensions');
    if (extensions.some((one) => typeOf(one.value.typed_config) === internalListeners)) return undefined;
    const fix = 'add envoy.bootstrap.internal_listener to bootstrap_extensions';
    return incomplete(
      listener,
      'internal_listener',
      'internal listeners need their bootstrap extension',
      fix,
    );
  }
  if (Object.keys(fieldsAt(value.address)).length === 0) {
    return incomplete(listener, undefined, 'a listener needs an address', 'set address.socket_address');
  }
  const udp = listener.at('address').at('socket_address').value.protocol === 'UDP';
  const quic = isSet(listener.at('udp_listener_config').value.quic_options);
  const chains = listener.list('filter_chains').length;
  if (udp && !quic) {
    if (chains === 0) return undefined;
    const message = 'a UDP listener without QUIC has no filter chains';
    return incomplete(
      listener,
      'filter_chains',
      message,
      'use listener_filters, or set udp_listener_config.quic_options',
    );
  }
  if (chains > 0 || isSet(value.default_filter_chain)) return undefined;
  return incomplete(listener, undefined, 'a listener needs a filter chain', 'add an entry to filter_chains');
}

/** Text that is equal for equal values, in whatever order their keys stand. */
function stable(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(stable).join()}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const entries = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${entries
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, member]) => `${key}:${stable(member)}`)
    .join()}}`;
}

function* equalChains(listener: Message): Generator<Finding> {
  // A matcher picks the chains by name; their own conditions are not used.
  if (isSet(listener.value.filter_chain_matcher)) return;
  const first = new Map<string, Path>();
  for (const chain of listener.list('filter_chains')) {
    const key = stable(fieldsAt(chain.value.filter_chain_match));
    const before = first.get(key);
    if (before === undefined) first.set(key, chain.path);
    else {
      yield {
        code: 'E3009',
        severity: 'error',
        path: chain.path,
        message: 'two filter chains of this listener match the same connections',
        fix: 'tell them apart in filter_chain_match',
        related: { path: before, message: 'the other chain' },
      };
    }
  }
}

export function* listeners(view: BootstrapView): Generator<Finding> {
  for (const listener of view.listeners) {
    const finding = incompleteness(listener, view);
    if (finding === undefined) yield* equalChains(listener);
    else yield finding;
  }
}
