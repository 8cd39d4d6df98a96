/**
 * Catalog entries in the shapes of Consul's API. Lists are `[]`, never null, but where Consul itself says null.
 */
import type { CatalogNode, Check, CheckedService, Service, TaggedAddress } from '../catalog/catalog.js';
import { goDurationText } from '../definition/go-duration.js';

type Tagged = Record<string, { Address: string; Port: number }>;

/** An IP address without a tag of its own is the one of both networks; null when there is nothing to say. */
function taggedAddresses(service: Service): Tagged | undefined {
  const view = ({ address, port }: TaggedAddress) => ({ Address: address, Port: port });
  const found: Tagged = {};
  const { address, port, origin } = service;
  if (address !== '' && origin !== 'catalog') {
    const suffix = address.includes(':') ? 'ipv6' : 'ipv4';
    if (/^[\d.]+$|:/.test(address)) {
      for (const network of ['lan', 'wan']) found[`${network}_${suffix}`] = view({ address, port });
    }
  }
  for (const [tag, tagged] of Object.entries(service.taggedAddresses)) found[tag] = view(tagged);
  if (Object.keys(found).length === 0) return undefined;
  return Object.fromEntries(Object.entries(found).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function sorted(map: Readonly<Record<string, string>> | null): Record<string, string> | null {
  return map && Object.fromEntries(Object.entries(map).sort(([one], [other]) => (one < other ? -1 : 1)));
}

const noProxy = { Mode: '', MeshGateway: {}, Expose: {} };

function weights({ weights: { passing, warning } }: Service) {
  return { Passing: passing, Warning: warning };
}

export function nodeJson(node: CatalogNode) {
  return {
    ID: node.id,
    Node: node.name,
    Address: node.address,
    Datacenter: node.datacenter,
    TaggedAddresses: sorted(node.taggedAddresses),
    Meta: sorted(node.meta),
    CreateIndex: node.createIndex,
    ModifyIndex: node.modifyIndex,
  };
}

/** `AgentService` */
export function agentServiceJson(service: Service, datacenter: string) {
  const tagged = taggedAddresses(service);
  return {
    ...(service.kind === undefined || service.kind === '' ? {} : { Kind: service.kind }),
    ID: service.id,
    Service: service.name,
    Tags: service.tags,
    Meta: sorted(service.meta),
    Port: service.port,
    Address: service.address,
    ...(service.socketPath === undefined || service.socketPath === ''
      ? {}
      : { SocketPath: service.socketPath }),
    ...(tagged === undefined ? {} : { TaggedAddresses: tagged }),
    Weights: weights(service),
    EnableTagOverride: service.enableTagOverride,
    Datacenter: datacenter,
  };
}

/** `NodeService`, in `/v1/health` and `/v1/catalog/node`. */
export function nodeServiceJson(service: Service) {
  const tagged = taggedAddresses(service);
  return {
    ...(service.kind === undefined || service.kind === '' ? {} : { Kind: service.kind }),
    ID: service.id,
    Service: service.name,
    Tags: service.tags,
    Address: service.address,
    ...(tagged === undefined ? {} : { TaggedAddresses: tagged }),
    Meta: Object.keys(service.meta).length === 0 ? null : sorted(service.meta),
    ...(service.port === 0 ? {} : { Port: service.port }),
    ...(service.socketPath === undefined || service.socketPath === ''
      ? {}
      : { SocketPath: service.socketPath }),
    Weights: weights(service),
    EnableTagOverride: service.enableTagOverride,
    Proxy: noProxy,
    Connect: {},
    PeerName: '',
    CreateIndex: service.createIndex,
    ModifyIndex: service.modifyIndex,
  };
}

/** `ServiceNode`, in `/v1/catalog/service`. */
export function serviceNodeJson({ service, node }: CheckedService) {
  const tagged = taggedAddresses(service);
  return {
    ID: node.id,
    Node: node.name,
    Address: node.address,
    Datacenter: node.datacenter,
    TaggedAddresses: sorted(node.taggedAddresses),
    NodeMeta: sorted(node.meta),
    ServiceKind: service.kind ?? '',
    ServiceID: service.id,
    ServiceName: service.name,
    ServiceTags: service.tags,
    ServiceAddress: service.address,
    ...(tagged === undefined ? {} : { ServiceTaggedAddresses: tagged }),
    ServiceWeights: weights(service),
    ServiceMeta: sorted(service.meta),
    ServicePort: service.port,
    ServiceSocketPath: service.socketPath ?? '',
    ServiceEnableTagOverride: service.enableTagOverride,
    ServiceProxy: noProxy,
    ServiceConnect: {},
    ServiceLocality: null,
    CreateIndex: service.createIndex,
    ModifyIndex: service.modifyIndex,
  };
}

/** The kind of a check: `ttl`, `http`, `tcp`, `grpc`, `alias`, `maintenance` or ''. */
function typeOf(check: Check): string {
  if (check.type !== undefined) return check.type;
  if (check.alias !== undefined) return 'alias';
  return check.probe?.target.kind ?? (check.ttlMs === undefined ? '' : 'ttl');
}

/** `HealthCheck`; the agent's own view has no indexes. */
export function checkJson(check: Check, ofAgent = false) {
  return {
    Node: check.node,
    CheckID: check.id,
    Name: check.name,
    Status: check.status,
    Notes: check.notes,
    Output: check.output,
    ServiceID: check.serviceId,
    ServiceName: check.serviceName,
    ServiceTags: check.serviceTags,
    Type: typeOf(check),
    Interval: check.probe === undefined ? '' : goDurationText(check.probe.intervalMs),
    Timeout: check.probe === undefined ? '' : goDurationText(check.probe.timeoutMs),
    ExposedPort: 0,
    Definition: {},
    CreateIndex: ofAgent ? 0 : check.createIndex,
    ModifyIndex: ofAgent ? 0 : check.modifyIndex,
  };
}

const noDefinition = {
  Interval: '0s',
  Timeout: '0s',
  DeregisterCriticalServiceAfter: '0s',
  HTTP: '',
  Header: null,
  Method: '',
  Body: '',
  TLSServerName: '',
  TLSSkipVerify: false,
  TCP: '',
  TCPUseTLS: false,
  UDP: '',
  GRPC: '',
  OSService: '',
  GRPCUseTLS: false,
};

/** The same in `/v1/agent/health`, which says less with more words. */
export function agentHealthCheckJson(check: Check) {
  const { Interval: _, Timeout: __, ...rest } = checkJson(check, true);
  return {
    ...rest,
    ServiceTags: check.serviceTags.length === 0 ? null : check.serviceTags,
    Type: '',
    Definition: noDefinition,
  };
}

/** Ids in order, as Consul's index of them has them. */
export function byId(one: { readonly id: string }, other: { readonly id: string }): number {
  return one.id < other.id ? -1 : one.id > other.id ? 1 : 0;
}

/** `CheckServiceNode`, in `/v1/health/service`. */
export function checkServiceNodeJson({ service, node, checks }: CheckedService) {
  const ofNode = checks.filter(({ serviceId }) => serviceId === '').sort(byId);
  const own = checks.filter(({ serviceId }) => serviceId !== '').sort(byId);
  return {
    Node: nodeJson(node),
    Service: nodeServiceJson(service),
    Checks: [...ofNode, ...own].map((check) => checkJson(check)),
  };
}
