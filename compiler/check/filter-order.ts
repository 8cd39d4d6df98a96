/**
 * E3004, E3005: a chain of filters ends with a terminal one (the router, a proxy), which stands nowhere else and is not
 * disabled. An empty chain is fine. Envoy tells filters by the type of their configuration, not by their name.
 */
import type { BootstrapView, Message } from './bootstrap-view.js';
import { isSet, typeOf } from './bootstrap-view.js';
import type { Finding } from './finding.js';
import { httpFilterKinds, networkFilterKinds } from './terminal-filters.js';

const httpConnectionManager =
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

type Kinds = (type: string) => 'terminal' | 'passing' | 'unknown';

function name(filter: Message): string {
  return String(filter.value.name ?? typeOf(filter.value.typed_config));
}

function* chain(filters: readonly Message[], kinds: Kinds, ending: string): Generator<Finding> {
  for (const [index, filter] of filters.entries()) {
    const last = index === filters.length - 1;
    // A filter that comes from elsewhere, or is skipped when it is not known, cannot be judged here.
    const config = filter.value.typed_config ?? filter.at('config_discovery').value.default_config;
    if (!isSet(config)) continue;
    const kind = kinds(typeOf(config));
    if (kind === 'terminal' && !last) {
      yield {
        code: 'E3004',
        severity: 'error',
        path: filter.path,
        message: `the filter '${name(filter)}' answers or forwards by itself and must be the last of its chain`,
        fix: 'move it to the end, or remove what follows',
      };
    } else if (kind === 'passing' && last) {
      yield {
        code: 'E3005',
        severity: 'error',
        path: filter.path,
        message: `the last filter of the chain is '${name(filter)}', which only passes on`,
        fix: `end the chain with ${ending}`,
      };
    } else if (kind === 'terminal' && filter.value.disabled === true) {
      yield {
        code: 'E3005',
        severity: 'error',
        path: [...filter.path, 'disabled'],
        message: `the filter '${name(filter)}' ends the chain and cannot be disabled`,
        fix: 'remove `disabled`',
      };
    }
  }
}

const codec = 'envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec';

/** Before a request leaves, the codec is the one that ends the chain. */
const upstreamFilterKinds: Kinds = (type) =>
  type === codec ? 'terminal' : type === '' ? 'unknown' : 'passing';

const upstreamChains: Readonly<Record<string, string>> = {
  'envoy.extensions.upstreams.http.v3.HttpProtocolOptions': 'http_filters',
  'envoy.extensions.filters.http.router.v3.Router': 'upstream_http_filters',
};

export function* filterOrder(view: BootstrapView): Generator<Finding> {
  for (const filterChain of view.all('envoy.config.listener.v3.FilterChain')) {
    yield* chain(
      filterChain.list('filters'),
      networkFilterKinds,
      'a proxy such as the HTTP connection manager',
    );
  }
  for (const manager of view.all(httpConnectionManager)) {
    yield* chain(manager.list('http_filters'), httpFilterKinds, "'envoy.filters.http.router'");
    for (const upgrade of manager.list('upgrade_configs')) {
      yield* chain(upgrade.list('filters'), httpFilterKinds, "'envoy.filters.http.router'");
    }
  }
  for (const [type, field] of Object.entries(upstreamChains)) {
    for (const holder of view.all(type)) {
      yield* chain(holder.list(field), upstreamFilterKinds, "'envoy.filters.http.upstream_codec'");
    }
  }
}
