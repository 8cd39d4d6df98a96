/**
 * Where the thing is that a name in a bootstrap stands for: a cluster, a secret, a listener, an anchor of YAML.
 */
import type { Path } from '../../dsl/api/index.js';
import { fieldsAt, listAt } from '../check/bootstrap-view.js';
import type { FieldPlace } from './field-at.js';
import { fieldAt } from './field-at.js';
import type { Cursor, Span, YamlTree } from './yaml-cursor.js';

function spelling(value: unknown, name: string): string {
  const camel = name.replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
  return camel in fieldsAt(value) ? camel : name;
}

/** The resource of a kind with a name, as a path in the spelling of the text. */
function resource(value: unknown, kind: string, name: string): Path | undefined {
  const root = spelling(value, 'static_resources');
  const resources = fieldsAt(fieldsAt(value)[root]);
  const list = spelling(resources, kind);
  const index = listAt(resources[list]).findIndex((one) => fieldsAt(one).name === name);
  return index < 0 ? undefined : [root, list, index, 'name'];
}

/** Fields that name a cluster, besides those that say so. */
const clusterFields =
  /^(?:cluster|cluster_name|tcp_cluster_name|collector_cluster|clusters|local_cluster_name)$/;

const secretType = 'envoy.extensions.transport_sockets.tls.v3.SdsSecretConfig';

function kindOf({ field, message }: FieldPlace): string | undefined {
  if (field === undefined || field.type !== 'string') return undefined;
  if (message === secretType && field.name === 'name') return 'secrets';
  if (message.endsWith('.EnvoyInternalAddress') && field.name === 'server_listener_name') return 'listeners';
  // The node has a cluster too, which is another kind of thing.
  if (message === 'envoy.config.core.v3.Node') return undefined;
  if (message === 'envoy.config.endpoint.v3.ClusterLoadAssignment') return undefined;
  return clusterFields.test(field.name) || /cluster$/.test(field.name) ? 'clusters' : undefined;
}

/** @param value what the text says, as it is spelt. undefined when the name stands for nothing that is here */
export function definitionOf(cursor: Cursor, value: unknown, tree: YamlTree): Span | undefined {
  if (cursor.on === 'alias') return tree.anchor(cursor.text, cursor.start);
  if (cursor.on !== 'value') return undefined;
  const place = fieldAt(value, cursor.path);
  const kind = place === undefined ? undefined : kindOf(place);
  const path = kind === undefined ? undefined : resource(value, kind, cursor.text);
  return path === undefined ? undefined : tree.find(path);
}
