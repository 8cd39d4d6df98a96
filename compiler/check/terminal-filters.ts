/**
 * Which filters end a chain, asked of Envoy 1.40 filter by filter.
 */
import { table } from '../../dsl/api/generated/table.js';

const network = 'envoy.extensions.filters.network.';
const http = 'envoy.extensions.filters.http.';

const terminalNetwork: ReadonlySet<string> = new Set(
  [
    'direct_response.v3.Config',
    'dubbo_proxy.v3.DubboProxy',
    'echo.v3.Echo',
    'generic_proxy.v3.GenericProxy',
    'http_connection_manager.v3.HttpConnectionManager',
    'redis_proxy.v3.RedisProxy',
    'reverse_tunnel.v3.DrainAwareHttpConnectionManager',
    'reverse_tunnel.v3.ReverseTunnel',
    'tcp_proxy.v3.TcpProxy',
    'thrift_proxy.v3.ThriftProxy',
  ].map((name) => network + name),
);

/** These say so in their own configuration, or were not asked. */
const unknownNetwork: ReadonlySet<string> = new Set(
  ['dynamic_modules.v3.DynamicModuleNetworkFilter', 'wasm.v3.Wasm'].map((name) => network + name),
);

const terminalHttp: ReadonlySet<string> = new Set(
  ['mcp_router.v3.McpRouter', 'router.v3.Router'].map((name) => http + name),
);

const unknownHttp: ReadonlySet<string> = new Set([
  `${http}dynamic_modules.v3.DynamicModuleFilter`,
  `${http}dynamic_modules.v3.DynamicModuleFilterPerRoute`,
  `${http}file_server.v3.FileServerConfig`,
  `${http}upstream_codec.v3.UpstreamCodec`,
]);

function typesOf(category: string): ReadonlySet<string> {
  const extensions = table.extensions.filter((extension) => extension.category === category);
  return new Set(extensions.flatMap(({ types }) => types));
}

function kinds(category: string, terminal: ReadonlySet<string>, unknown: ReadonlySet<string>) {
  let known: ReadonlySet<string> | undefined;
  return (type: string): 'terminal' | 'passing' | 'unknown' => {
    if (terminal.has(type)) return 'terminal';
    known ??= typesOf(category);
    return unknown.has(type) || !known.has(type) ? 'unknown' : 'passing';
  };
}

export const networkFilterKinds = kinds('envoy.filters.network', terminalNetwork, unknownNetwork);
export const httpFilterKinds = kinds('envoy.filters.http', terminalHttp, unknownHttp);
