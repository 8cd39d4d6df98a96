/**
 * The last filter of a chain must be a terminal one, and only the last.
 */
import type { Path } from '../../dsl/api/index.js';
import type { Finding } from './finding.js';
import type { Found } from './walk.js';
import { entriesOf, fieldsAt, listenersOf, payloadsOf, textAt, typeOf } from './walk.js';

const http = 'envoy.extensions.filters.http';
const network = 'envoy.extensions.filters.network';

/** `true` terminal, `false` not; types that are absent may be either, and are left to Envoy. */
function isTerminal(type: string): boolean | undefined {
  if (undecided.has(type) || !(type.startsWith(http) || type.startsWith(network))) return undefined;
  return terminal.has(type);
}

const terminal: ReadonlySet<string> = new Set([
  `${http}.router.v3.Router`,
  `${network}.http_connection_manager.v3.HttpConnectionManager`,
  `${network}.tcp_proxy.v3.TcpProxy`,
  `${network}.redis_proxy.v3.RedisProxy`,
  `${network}.thrift_proxy.v3.ThriftProxy`,
  `${network}.dubbo_proxy.v3.DubboProxy`,
  `${network}.generic_proxy.v3.GenericProxy`,
  `${network}.echo.v3.Echo`,
  `${network}.direct_response.v3.Config`,
]);

/** Filters that end the chain in some configurations, or whose kind was not established. */
const undecided: ReadonlySet<string> = new Set([
  `${http}.mcp_router.v3.McpRouter`,
  `${http}.file_server.v3.FileServerConfig`,
  `${http}.dynamic_modules.v3.DynamicModuleFilter`,
  `${http}.upstream_codec.v3.UpstreamCodec`,
  `${http}.composite.v3.Composite`,
  `${http}.filter_chain.v3.FilterChainConfig`,
  `${network}.dynamic_modules.v3.DynamicModuleNetworkFilter`,
  `${network}.wasm.v3.Wasm`,
  `${network}.reverse_tunnel.v3.ReverseTunnel`,
]);

function checkChain(filters: readonly Found[], what: string, fallback: string): Finding[] {
  const findings: Finding[] = [];
  for (const [index, { value, path }] of filters.entries()) {
    const type = typeOf(value.typed_config);
    const ends = type === '' ? undefined : isTerminal(type);
    const last = index === filters.length - 1;
    const name = textAt(value.name) ?? type;
    if (ends === true && !last) {
      findings.push({
        code: 'E3004',
        severity: 'error',
        path,
        message: `the filter '${name}' ends the chain, so it must be the last ${what} filter`,
        fix: 'move it to the end of the list',
      });
    } else if (ends === false && last) {
      findings.push({
        code: 'E3005',
        severity: 'error',
        path,
        message: `the last ${what} filter, '${name}', does not end the chain`,
        fix: `add ${fallback} after it`,
      });
    } else if (last && type === `${http}.router.v3.Router` && value.disabled === true) {
      const at: Path = [...path, 'disabled'];
      findings.push({
        code: 'E3005',
        severity: 'error',
        path: at,
        message: 'the last filter cannot be disabled',
      });
    }
  }
  return findings;
}

/** `filters` of every filter chain. */
export function networkFilterOrder(bootstrap: unknown): Finding[] {
  return listenersOf(bootstrap).flatMap(({ value, path }) => {
    const chains = [...entriesOf(value.filter_chains, [...path, 'filter_chains'])];
    if (value.default_filter_chain !== undefined) {
      chains.push({ value: fieldsAt(value.default_filter_chain), path: [...path, 'default_filter_chain'] });
    }
    return chains.flatMap((chain) =>
      checkChain(
        [...entriesOf(chain.value.filters, [...chain.path, 'filters'])],
        'network',
        'envoy.filters.network.http_connection_manager or tcp_proxy',
      ),
    );
  });
}

/** `http_filters` of every connection manager. */
export function httpFilterOrder(bootstrap: unknown): Finding[] {
  const managers = [...payloadsOf(bootstrap, `${network}.http_connection_manager.v3.HttpConnectionManager`)];
  return managers.flatMap(({ value, path }) =>
    checkChain(
      [...entriesOf(value.http_filters, [...path, 'http_filters'])],
      'HTTP',
      'envoy.filters.http.router',
    ),
  );
}
