/** Names under the cursor, and the fields that they stand in. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fieldAt } from '../../../compiler/editor/field-at.js';
import { fieldHover } from '../../../compiler/editor/field-hover.js';
import { yamlTree } from '../../../compiler/editor/yaml-cursor.js';
import { definitionOf } from '../../../compiler/editor/yaml-definition.js';
import { readYaml } from '../../../dsl/api/index.js';

const text = `node: { id: a, cluster: web }
staticResources:
  secrets:
  - name: web
    generic_secret: {}
  clusters:
  - &web
    name: web
    transport_socket:
      typed_config:
        "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext
        common_tls_context:
          tls_certificate_sds_secret_configs: [{ name: web }]
    load_assignment: { cluster_name: web }
  - *web
stats_sinks:
- name: s
  typed_config:
    "@type": type.googleapis.com/envoy.config.metrics.v3.StatsdSink
    tcp_cluster_name: web
`;
const tree = yamlTree(text);
const { value } = readYaml(text);

/** The line of the definition, counted from one; of the piece's last character. */
function lineFor(piece: string): number | undefined {
  const cursor = tree.at(text.indexOf(piece) + piece.length - 1);
  const span = cursor && definitionOf(cursor, value, tree);
  return span && text.slice(0, span.start).split('\n').length;
}

test('a cluster, a secret and an anchor are found, in either spelling of the way to them', () => {
  assert.is(lineFor('tcp_cluster_name: web'), 8);
  assert.is(lineFor('[{ name: web'), 4);
  // Where what the anchor names begins: the line after it.
  assert.is(lineFor('- *web'), 8);
});

test('what looks like the name of a cluster and is none', () => {
  assert.is(lineFor('id: a, cluster: web'), undefined);
  assert.is(lineFor('{ cluster_name: web'), undefined);
  assert.is(lineFor('- name: s'), undefined);
});

test('the way through lists, maps and payloads leads to the field', () => {
  const place = (path: (string | number)[]): string | undefined => {
    const found = fieldAt(value, path);
    return found && `${found.message} ${found.field?.name}`;
  };
  assert.is(place(['staticResources', 'clusters', 0, 'name']), 'envoy.config.cluster.v3.Cluster name');
  assert.is(place(['stats_sinks', 0]), 'envoy.config.metrics.v3.StatsSink undefined');
  assert.is(
    place(['stats_sinks', 0, 'typed_config', 'tcp_cluster_name']),
    'envoy.config.metrics.v3.StatsdSink tcp_cluster_name',
  );
  assert.is(place(['node', 'none']), undefined);
});

test('a hover has the type, the values, and what Envoy says', () => {
  const place = fieldAt({ static_resources: { clusters: [{}] } }, [
    'static_resources',
    'clusters',
    0,
    'lb_policy',
  ]);
  const hover = fieldHover(place as NonNullable<typeof place>);
  assert.match(hover, 'LbPolicy lb_policy = 6');
  assert.match(hover, '`LEAST_REQUEST`');
  assert.match(hover, 'envoy/v1.40.0/api-v3/config/cluster/v3/cluster.proto#envoy-config-cluster-v3-cluster');
});

test.run();
