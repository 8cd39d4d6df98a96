/**
 * E3015: headers that routing itself stands on may not be added or removed: names with a colon in front, and `host`. Nor may
 * one be added in two ways: by the old `append` and by an `append_action` that is not its default.
 */
import type { BootstrapView, Message } from './bootstrap-view.js';
import { isSet, listAt, textAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';

const holders = [
  'envoy.config.route.v3.RouteConfiguration',
  'envoy.config.route.v3.VirtualHost',
  'envoy.config.route.v3.Route',
  'envoy.config.route.v3.WeightedCluster.ClusterWeight',
];

function isReserved(name: string): boolean {
  return name.startsWith(':') || name.toLowerCase() === 'host';
}

function* reservedIn(holder: Message): Generator<Finding> {
  for (const side of ['request', 'response']) {
    for (const option of holder.list(`${side}_headers_to_add`)) {
      const name = textAt(option.at('header').value.key);
      if (!isReserved(name)) continue;
      yield {
        code: 'E3015',
        severity: 'error',
        path: [...option.path, 'header', 'key'],
        message: `the header '${name}' may not be changed here`,
        fix: 'use host_rewrite_literal, prefix_rewrite or the like of the route',
      };
    }
    const field = `${side}_headers_to_remove`;
    for (const [index, removed] of listAt(holder.value[field]).entries()) {
      if (!isReserved(textAt(removed))) continue;
      yield {
        code: 'E3015',
        severity: 'error',
        path: [...holder.path, field, index],
        message: `the header '${textAt(removed)}' may not be removed`,
        fix: 'leave it out of the list',
      };
    }
  }
}

function* twoWays(option: Message): Generator<Finding> {
  const { append, append_action: action = 'APPEND_IF_EXISTS_OR_ADD' } = option.value;
  if (!isSet(append) || action === 'APPEND_IF_EXISTS_OR_ADD') return;
  yield {
    code: 'E3015',
    severity: 'error',
    path: [...option.path, 'append'],
    message: 'append and append_action exclude each other',
    fix: 'remove append: append_action says it',
  };
}

export function* reservedHeaders(view: BootstrapView): Generator<Finding> {
  for (const option of view.all('envoy.config.core.v3.HeaderValueOption')) yield* twoWays(option);
  for (const type of holders) for (const holder of view.all(type)) yield* reservedIn(holder);
}
