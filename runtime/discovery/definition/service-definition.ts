/**
 * Consul's service definition, as its HTTP API and its configuration files have it, to a registration.
 */
import { isIP } from 'node:net';
import type { Registration } from '../agent.js';
import type { CheckDefinition, TaggedAddress, Weights } from '../catalog/catalog.js';
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
];

const mesh = "Consul's service mesh is not built in; it needs a Consul agent";
const refused = {
  Kind: mesh,
  Proxy: mesh,
  Connect: mesh,
  SocketPath: 'services on Unix sockets have no address that DNS could give',
  Locality: 'localities need a Consul agent',
  Ports: 'services with several named ports need a Consul agent',
};

/** Something that an A record or an SRV target can carry. */
function isHost(address: string): boolean {
  if (isIP(address) !== 0) return true;
  return (
    address.length <= 253 && /^[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})(\.[A-Za-z0-9_-]{1,63})*\.?$/.test(address)
  );
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

function readWeights(reader: DefinitionReader): Weights {
  if (!reader.has('Weights')) return { passing: 1, warning: 1 };
  const weights = new DefinitionReader(reader.raw('Weights'), reader.pathOf('Weights'), [
    'Passing',
    'Warning',
  ]);
  const passing = weights.integer('Passing', 0);
  const warning = weights.integer('Warning', 0);
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
      address: checkAddress(one.text('Address'), one.pathOf('Address')),
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
  };
  return { service, checks: readChecks(reader, id, name) };
}
