import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fields } from './bootstraps.js';
import { accepted, bootstrap, cluster, errors, listener, refused, url } from './bootstraps.js';
const node = { node: { id: 'a', cluster: 'b' } };

const grpc = (name: string) => ({ envoy_grpc: { cluster_name: name } });
const file = { path_config_source: { path: '/etc/envoy/cds.yaml' } };

function cds(api_config_source: Fields, clusters = [cluster('xds')]) {
  return bootstrap([], clusters, { ...node, dynamic_resources: { cds_config: { api_config_source } } });
}

test('a management server is reached in the way of its type', () => {
  accepted(cds({ api_type: 'GRPC', grpc_services: [grpc('xds')] }));
  accepted(cds({ api_type: 'REST', cluster_names: ['xds'], refresh_delay: '1s' }));
  refused(cds({ api_type: 'GRPC' }), 'E3017', 'api_config_source');
  refused(cds({ api_type: 'GRPC', cluster_names: ['xds'] }), 'E3017', 'cluster_names');
  refused(cds({ api_type: 'GRPC', grpc_services: [grpc('xds'), grpc('xds')] }), 'E3017', 'grpc_services');
  refused(cds({ api_type: 'REST', grpc_services: [grpc('xds')] }), 'E3017', 'grpc_services');
  refused(cds({ api_type: 'REST', cluster_names: ['xds'] }), 'E3017', 'api_config_source');
  refused(cds({ grpc_services: [grpc('xds')] }), 'E3017', 'grpc_services');
  refused(cds({ api_type: 'AGGREGATED_GRPC', grpc_services: [grpc('xds')] }), 'E3017', 'api_type');
  const old = { api_type: 'GRPC', transport_api_version: 'V2', grpc_services: [grpc('xds')] };
  refused(cds(old), 'E3017', 'transport_api_version');
});

test('its cluster is static and needs no management server', () => {
  const source = { api_type: 'GRPC', grpc_services: [grpc('xds')] };
  const eds = (eds_config: Fields) => cluster('xds', { type: 'EDS', eds_cluster_config: { eds_config } });
  refused(cds(source, []), 'E3003', 'cluster_name');
  refused(cds(source, [eds({ ads: {} })]), 'E3017', 'cluster_name');
  accepted(cds(source, [eds(file)]));
});

test('subscriptions say who asks', () => {
  const value = bootstrap([], [], { dynamic_resources: { cds_config: file } });
  refused(value, 'E3017', 'cds_config');
  refused({ ...value, node: { id: 'a' } }, 'E3017', 'cds_config');
  accepted({ ...value, ...node });
  assert.equal(errors(value, { serviceNode: 'a', serviceCluster: 'b' }), []);
  assert.equal(errors(value, { serviceNode: 'a' }).length, 1);
});

test('listeners are subscribed to later: a warning at most', () => {
  accepted(bootstrap([], [], { dynamic_resources: { lds_config: file } }));
});

test('routes, endpoints and secrets', () => {
  const rds = (config_source: Fields) => listener({ rds: { route_config_name: 'r', config_source } });
  accepted(bootstrap([rds(file)], [], node));
  refused(bootstrap([rds({ self: {} })], [], node), 'E3017', 'self');
  const endpoints = cluster('a', { type: 'EDS', eds_cluster_config: {} });
  refused(bootstrap([], [endpoints], node), 'E3017', 'eds_cluster_config');
  const missing = { api_config_source: { api_type: 'GRPC', grpc_services: [grpc('nowhere')] } };
  const tls = 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';
  const validation_context_sds_secret_config = { name: 's', sds_config: missing };
  const common_tls_context = { validation_context_sds_secret_config };
  const transport_socket = { name: 't', typed_config: { '@type': url(tls), common_tls_context } };
  // The cluster of a secret is looked up later.
  accepted(bootstrap([], [cluster('a', { transport_socket })], node));
  refused(bootstrap([rds(missing)], [], node), 'E3003', 'cluster_name');
});

test('ADS and VHDS', () => {
  const ads = (api_type: string) => {
    const ads_config = { api_type, grpc_services: [grpc('xds')] };
    return bootstrap([], [cluster('xds')], { ...node, dynamic_resources: { ads_config } });
  };
  accepted(ads('DELTA_GRPC'));
  refused(ads('AGGREGATED_GRPC'), 'E3017', 'ads_config.api_type');
  const vhds = (config_source: Fields) =>
    bootstrap([listener({ route_config: { name: 'r', vhds: { config_source } } })], [cluster('xds')], node);
  refused(vhds(file), 'E3017', 'config_source');
  accepted(vhds({ api_config_source: { api_type: 'DELTA_GRPC', grpc_services: [grpc('xds')] } }));
});

test('routes of RDS have a source, or a name that says it', () => {
  refused(bootstrap([listener({ rds: { route_config_name: 'r' } })], [], node), 'E3017', 'rds');
});

test.run();
