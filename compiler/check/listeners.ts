/**
 * Listeners that Envoy cannot add: without an address, without a filter chain, or with two chains that match alike.
 */
import type { Path } from '../../dsl/api/index.js';
import type { Finding } from './finding.js';
import { entriesOf, fieldsAt, listAt, listenersOf } from './walk.js';

function isEmpty(value: unknown): boolean {
  return Object.keys(fieldsAt(value)).length === 0;
}

export function incompleteListeners(bootstrap: unknown): Finding[] {
  return listenersOf(bootstrap).flatMap(({ value, path }): Finding[] => {
    if (value.api_listener !== undefined || value.internal_listener !== undefined) return [];
    if (isEmpty(value.address)) {
      return [{ code: 'E3008', severity: 'error', path, message: 'a listener needs an address' }];
    }
    const udp = fieldsAt(fieldsAt(value.address).socket_address).protocol === 'UDP';
    const chains = listAt(value.filter_chains).length;
    const quic = fieldsAt(value.udp_listener_config).quic_options !== undefined;
    if (udp && !quic && chains > 0) {
      return [
        {
          code: 'E3008',
          severity: 'error',
          path: [...path, 'filter_chains'],
          message: 'a UDP listener without QUIC has no filter chains',
          fix: 'use listener_filters, or set udp_listener_config.quic_options',
        },
      ];
    }
    if ((udp && !quic) || chains > 0 || value.default_filter_chain !== undefined) return [];
    return [
      {
        code: 'E3008',
        severity: 'error',
        path,
        message: 'a listener needs at least one filter chain',
        fix: 'add an entry to filter_chains',
      },
    ];
  });
}

/** Equal `filter_chain_match` of two chains: Envoy could not choose. */
export function duplicateFilterChains(bootstrap: unknown): Finding[] {
  const findings: Finding[] = [];
  for (const listener of listenersOf(bootstrap)) {
    if (listener.value.filter_chain_matcher !== undefined) continue;
    const first = new Map<string, Path>();
    for (const { value, path } of entriesOf(listener.value.filter_chains, [
      ...listener.path,
      'filter_chains',
    ])) {
      const match = Object.entries(fieldsAt(value.filter_chain_match)).sort(([a], [b]) => (a < b ? -1 : 1));
      const key = JSON.stringify(match);
      const before = first.get(key);
      if (before === undefined) first.set(key, path);
      else {
        findings.push({
          code: 'E3009',
          severity: 'error',
          path,
          message: 'two filter chains of this listener match the same connections',
          fix: 'tell them apart in filter_chain_match',
          related: { path: before, message: 'the other chain' },
        });
      }
    }
  }
  return findings;
}
