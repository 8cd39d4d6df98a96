/**
 * The body of `/v1/catalog/register`: a node that may be anywhere, with a service and checks that nobody here probes.
 */
import type { CheckDefinition, CheckStatus, NodeDefinition } from '../catalog/catalog.js';
import type { Command } from '../state/command.js';
import type { DefinitionPath } from './definition-reader.js';
import { DefinitionError, DefinitionReader } from './definition-reader.js';
import { readNodeService } from './service-definition.js';

const fields = [
  'Datacenter',
  'ID',
  'Node',
  'Address',
  'TaggedAddresses',
  'NodeMeta',
  'Service',
  'Check',
  'Checks',
  'SkipNodeUpdate',
  'PeerName',
  'WriteRequest',
];
const checkFields = [
  'Node',
  'CheckID',
  'Name',
  'Status',
  'Notes',
  'Output',
  'ServiceID',
  'ServiceName',
  'ServiceTags',
  'Type',
  'Interval',
  'Timeout',
  'ExposedPort',
  'Definition',
  'PeerName',
  'CreateIndex',
  'ModifyIndex',
];

/** Errors of this endpoint are Consul's own, not of the decoder. */
function refuse(message: string): never {
  throw new DefinitionError(message, [], 500);
}

function checkNodeId(id: string): void {
  if (id === '') return;
  if (id.length !== 36) refuse('Bad node ID: uuid string is wrong length');
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)) {
    refuse('Bad node ID: uuid is improperly formatted');
  }
}

function readCheck(value: unknown, path: DefinitionPath) {
  const reader = new DefinitionReader(value, path, checkFields);
  const name = reader.text('Name');
  const serviceId = reader.text('ServiceID');
  const check: CheckDefinition = {
    id: reader.text('CheckID') || name,
    name,
    notes: reader.text('Notes'),
    // Consul keeps any word; one that is none of the three counts as not passing.
    status: (reader.text('Status') || 'critical') as CheckStatus,
    ttlMs: undefined,
    probe: undefined,
    deregisterAfterMs: undefined,
    type: reader.text('Type'),
  };
  return { check, serviceId, output: reader.text('Output') };
}

/**
 * @param datacenter ours; another one is refused
 * @throws DefinitionError with the status of the reply
 */
export function readCatalogRegistration(
  value: unknown,
  datacenter: string,
): Extract<Command, { op: 'catalog-register' }> {
  const reader = new DefinitionReader(value, [], fields);
  const nodeName = reader.text('Node');
  const address = reader.text('Address');
  const skip = reader.flag('SkipNodeUpdate');
  const service = reader.has('Service')
    ? readNodeService(reader.raw('Service'), reader.pathOf('Service'))
    : undefined;
  const checks = [
    ...(reader.has('Check') ? [[reader.raw('Check'), reader.pathOf('Check')] as const] : []),
    ...reader.list('Checks'),
  ].map(([check, path]) => readCheck(check, path));
  if (nodeName === '') refuse('Must provide node');
  if (address === '' && !skip) refuse('Must provide address if SkipNodeUpdate is not set');
  const id = reader.text('ID');
  checkNodeId(id);
  const named = reader.text('Datacenter');
  if (named !== '' && named !== datacenter) refuse('No path to datacenter');
  const node: NodeDefinition = {
    id,
    name: nodeName,
    address,
    taggedAddresses: reader.has('TaggedAddresses') ? reader.textMap('TaggedAddresses') : null,
    meta: reader.has('NodeMeta') ? reader.textMap('NodeMeta') : null,
  };
  return {
    op: 'catalog-register',
    node: skip ? undefined : node,
    nodeName,
    service,
    checks,
  };
}

/** The body of `/v1/catalog/deregister`. */
export function readCatalogDeregistration(
  value: unknown,
  datacenter: string,
): Extract<Command, { op: 'catalog-deregister' }> {
  const reader = new DefinitionReader(
    value,
    [],
    ['Datacenter', 'Node', 'Address', 'ServiceID', 'CheckID', 'PeerName', 'WriteRequest', 'Namespace'],
  );
  const node = reader.text('Node');
  if (node === '') refuse('Must provide node');
  const named = reader.text('Datacenter');
  if (named !== '' && named !== datacenter) refuse('No path to datacenter');
  return {
    op: 'catalog-deregister',
    node,
    serviceId: reader.text('ServiceID'),
    checkId: reader.text('CheckID'),
  };
}
