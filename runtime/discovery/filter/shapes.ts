/**
 * What filters may ask the objects of the API for, by endpoint (the selector tables of Consul's documentation).
 */
import type { Shape } from './compile-filter.js';

const texts: Shape = { list: 'string' };
const textMap: Shape = { map: 'string' };
const address: Shape = { map: { struct: { Address: 'string', Port: 'int' } } };
const weights: Shape = { struct: { Passing: 'int', Warning: 'int' } };
const proxy: Shape = {
  struct: {
    DestinationServiceName: 'string',
    DestinationServiceID: 'string',
    LocalServiceAddress: 'string',
    LocalServicePort: 'int',
    Mode: 'string',
    MeshGateway: { struct: { Mode: 'string' } },
  },
};
const connect: Shape = { struct: { Native: 'bool' } };

const service: Readonly<Record<string, Shape>> = {
  ID: 'string',
  Kind: 'string',
  Service: 'string',
  Tags: texts,
  Address: 'string',
  TaggedAddresses: address,
  Meta: textMap,
  Port: 'int',
  SocketPath: 'string',
  Weights: weights,
  EnableTagOverride: 'bool',
  Proxy: proxy,
  Connect: connect,
  PeerName: 'string',
};

const node: Readonly<Record<string, Shape>> = {
  ID: 'string',
  Node: 'string',
  Address: 'string',
  Datacenter: 'string',
  TaggedAddresses: textMap,
  Meta: textMap,
  PeerName: 'string',
};

const check: Readonly<Record<string, Shape>> = {
  Node: 'string',
  CheckID: 'string',
  Name: 'string',
  Status: 'string',
  Notes: 'string',
  Output: 'string',
  ServiceID: 'string',
  ServiceName: 'string',
  ServiceTags: texts,
  Type: 'string',
  ExposedPort: 'int',
  PeerName: 'string',
  Definition: { struct: {} },
};

export const agentServiceShape: Shape = { struct: { ...service, ContentHash: 'string' } };
export const nodeServiceShape: Shape = { struct: service };
export const nodeShape: Shape = { struct: node };
export const checkShape: Shape = { struct: check };
export const checkServiceNodeShape: Shape = {
  struct: {
    Node: { struct: node },
    Service: { struct: service },
    Checks: { list: { struct: check } },
  },
};
export const serviceNodeShape: Shape = {
  struct: {
    ID: 'string',
    Node: 'string',
    Address: 'string',
    Datacenter: 'string',
    TaggedAddresses: textMap,
    NodeMeta: textMap,
    ServiceKind: 'string',
    ServiceID: 'string',
    ServiceName: 'string',
    ServiceTags: texts,
    ServiceAddress: 'string',
    ServiceTaggedAddresses: address,
    ServiceWeights: weights,
    ServiceMeta: textMap,
    ServicePort: 'int',
    ServiceSocketPath: 'string',
    ServiceEnableTagOverride: 'bool',
    ServiceProxy: proxy,
    ServiceConnect: connect,
    PeerName: 'string',
  },
};
export const memberShape: Shape = {
  struct: {
    Name: 'string',
    Addr: 'string',
    Port: 'int',
    Tags: textMap,
    Status: 'int',
  },
};
