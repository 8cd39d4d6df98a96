/**
 * Consul's service definition, as its HTTP API and its configuration files have it, to a registration.
 */
import { isIP } from 'node:net';
import type { Registration } from '../agent.js';
import type { CheckDefinition, ServiceDefinition, TaggedAddress, Weights } from '../catalog/catalog.js';
import { readCheck } from './check-definition.js';
import type { DefinitionPath } from './definition-reader.js';
import { DefinitionError, DefinitionReader } from './definition-reader.js';

const fields = [
  'ID',
  'Name',
  'Tags',
  'Address',
  'TaggedAddresses',
  'Meta',
  'Port',
  'Check',
  'Checks',
  'Weights',
  'Token',
  'EnableTagOverride',
  'Kind',
  'SocketPath',
];

const mesh = "Consul's service mesh is not built in; it needs a Consul agent";
const refused = {
  Proxy: mesh,
  Connect: mesh,
  Locality: 'localities need a Consul agent',
  Ports: 'services with several named ports need a Consul agent',
};

/** Kinds that Consul's mesh knows; any other word is only a word. */
const meshKinds = new Set([
  'connect-proxy',
  'mesh-gateway',
  'terminating-gateway',
  'ingress-gateway',
  'api-gateway',
  'destination',
]);

/** Something that an A record or an SRV target can carry. */
function isHost(address: string): boolean {
  if (isIP(address) !== 0) return true;
  return (
    address.length <= 253 && /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_-]{1,63})*\.?$/.test(address)
  );
}

function readKind(reader: DefinitionReader): string {
  const kind = reader.text('Kind');
  if (meshKinds.has(kind))
    throw new DefinitionError(`${String(reader.pathOf('Kind').at(-1))}: ${mesh}`, reader.pathOf('Kind'));
  return kind;
}

function checkAddress(address: string, path: DefinitionPath): string {
  if (address === '') return address;
  if (address === '0.0.0.0' || address === '::' || address === '[::]' || !isHost(address)) {
    throw new DefinitionError('Invalid service address', path);
  }
  return address;
}

function checkPort(port: number, path: DefinitionPath): number {
  if (port < 0 || port > 65535) throw new DefinitionError(`Invalid port: ${port} is not in 0..65535`, path);
  return port;
}

/** Consul's limits: 64 pairs, keys of 128 characters, values of 512. */
function readMeta(reader: DefinitionReader): Record<string, string> {
  const meta = reader.textMap('Meta');
  const entries = Object.entries(meta);
  const path = reader.pathOf('Meta');
  if (entries.length > 64) {
    throw new DefinitionError(
      'Invalid Service Meta: Node metadata cannot contain more than 64 key/value pairs',
      path,
    );
  }
  for (const [key, value] of entries) {
    const problem =
      key === ''
        ? 'Key cannot be blank'
        : !/^[a-zA-Z0-9_-]+$/.test(key)
          ? 'Key contains invalid characters'
          : key.length > 128
            ? 'Key is too long (limit: 128 characters)'
            : key.startsWith('consul-')
              ? "Key prefix 'consul-' is reserved for internal use"
              : value.length > 512
                ? 'Value is too long (limit: 512 characters)'
                : undefined;
    if (problem !== undefined) {
      const pair = `Couldn't load metadata pair ('${key}', '${value}')`;
      throw new DefinitionError(`Invalid Service Meta: ${pair}: ${problem}`, [...path, key]);
    }
  }
  return meta;
}

/** @param zeroIsNone clients of the catalog send zeros when they mean nothing */
function readWeights(reader: DefinitionReader, zeroIsNone = false): Weights {
  if (!reader.has('Weights')) return { passing: 1, warning: 1 };
  const weights = new DefinitionReader(reader.raw('Weights'), reader.pathOf('Weights'), [
    'Passing',
    'Warning',
  ]);
  const passing = weights.integer('Passing', 0);
  const warning = weights.integer('Warning', 0);
  if (zeroIsNone && passing === 0 && warning === 0) return { passing: 1, warning: 1 };
  if (passing < 1) {
    throw new DefinitionError('Invalid Weights: Passing must be greater than 0', weights.path);
  }
  if (passing > 65535 || warning > 65535 || warning < 0) {
    throw new DefinitionError('Invalid Weights: DNS Weight must be between 0 and 65535', weights.path);
  }
  return { passing, warning };
}

function readTaggedAddresses(reader: DefinitionReader): Record<string, TaggedAddress> {
  const found: Record<string, TaggedAddress> = {};
  for (const [tag, value, path] of reader.entries('TaggedAddresses')) {
    const one = new DefinitionReader(value, path, ['Address', 'Port']);
    found[tag] = {
      // What DNS gives out must be an address; the others are words for the API.
      address: tag.startsWith('lan_')
        ? checkAddress(one.text('Address'), one.pathOf('Address'))
        : one.text('Address'),
      port: checkPort(one.integer('Port', 0), one.pathOf('Port')),
    };
  }
  return found;
}

/** Ids as Consul gives them: `service:<id>`, and `:1`, `:2` ... when there are several. */
function readChecks(reader: DefinitionReader, id: string, name: string): CheckDefinition[] {
  const found: (readonly [unknown, DefinitionPath])[] = [];
  if (reader.has('Check')) found.push([reader.raw('Check'), reader.pathOf('Check')]);
  found.push(...reader.list('Checks'));
  return found.map(([value, path], index) => {
    const suffix = found.length > 1 ? `:${index + 1}` : '';
    return readCheck(value, path, { id: `service:${id}${suffix}`, name: `Service '${name}' check` }).check;
  });
}

/**
 * @param path of the value in the document that it is from
 * @throws DefinitionError with Consul's words where it has some
 */
export function readService(value: unknown, path: DefinitionPath = []): Registration {
  const reader = new DefinitionReader(value, path, fields, refused);
  const name = reader.text('Name');
  if (name === '') throw new DefinitionError('Missing service name', reader.pathOf('Name'));
  const id = reader.text('ID') || name;
  const kind = readKind(reader);
  const socketPath = reader.text('SocketPath');
  const service = {
    id,
    name,
    tags: reader.texts('Tags'),
    address: checkAddress(reader.text('Address'), reader.pathOf('Address')),
    port: checkPort(reader.integer('Port', 0), reader.pathOf('Port')),
    meta: readMeta(reader),
    taggedAddresses: readTaggedAddresses(reader),
    weights: readWeights(reader),
    enableTagOverride: reader.flag('EnableTagOverride'),
    ...(kind === '' ? {} : { kind }),
    ...(socketPath === '' ? {} : { socketPath }),
  };
  return { service, checks: readChecks(reader, id, name) };
}

/** Fields of `NodeService`, the form of a service in `/v1/catalog/register`. */
const nodeFields = [
  ...fields.filter((name) => name !== 'Name' && name !== 'Check' && name !== 'Checks' && name !== 'Token'),
  'Service',
  'PeerName',
  'CreateIndex',
  'ModifyIndex',
];

/**
 * Reads the `Service` of `/v1/catalog/register`; Consul takes one without any name, and calls it ''.
 * @throws DefinitionError
 */
export function readNodeService(value: unknown, path: DefinitionPath): ServiceDefinition {
  const reader = new DefinitionReader(value, path, nodeFields, refused);
  const name = reader.text('Service');
  const kind = readKind(reader);
  const socketPath = reader.text('SocketPath');
  return {
    id: reader.text('ID') || name,
    name,
    tags: reader.texts('Tags'),
    address: checkAddress(reader.text('Address'), reader.pathOf('Address')),
    port: checkPort(reader.integer('Port', 0), reader.pathOf('Port')),
    meta: reader.textMap('Meta'),
    taggedAddresses: readTaggedAddresses(reader),
    weights: readWeights(reader, true),
    enableTagOverride: reader.flag('EnableTagOverride'),
    ...(kind === '' ? {} : { kind }),
    ...(socketPath === '' ? {} : { socketPath }),
  };
}
