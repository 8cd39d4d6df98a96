/**
 * Catalog entries in the shapes of Consul's API. Lists are `[]`, never null.
 */
import type {
  Catalog,
  CatalogNode,
  Check,
  CheckedService,
  Service,
  TaggedAddress,
} from '../catalog/catalog.js';
import { goDurationText } from '../definition/go-duration.js';

/** An IP address without a tag of its own is the one of both networks. */
function taggedAddresses(service: Service): Record<string, { Address: string; Port: number }> {
  const view = ({ address, port }: TaggedAddress) => ({ Address: address, Port: port });
  const found: Record<string, { Address: string; Port: number }> = {};
  const { address, port } = service;
  if (address !== '') {
    const suffix = address.includes(':') ? 'ipv6' : 'ipv4';
    for (const network of ['lan', 'wan']) found[`${network}_${suffix}`] = view({ address, port });
  }
  for (const [tag, tagged] of Object.entries(service.taggedAddresses)) found[tag] = view(tagged);
  return Object.fromEntries(Object.entries(found).sort(([one], [other]) => (one < other ? -1 : 1)));
}

function nodeAddresses({ address }: CatalogNode): Record<string, string> {
  const suffix = address.includes(':') ? 'ipv6' : 'ipv4';
  return { lan: address, [`lan_${suffix}`]: address, wan: address, [`wan_${suffix}`]: address };
}

const noProxy = { Mode: '', MeshGateway: {}, Expose: {} };

export function nodeJson(node: CatalogNode) {
  return {
    ID: node.id,
    Node: node.name,
    Address: node.address,
    Datacenter: node.datacenter,
    TaggedAddresses: nodeAddresses(node),
    Meta: node.meta,
    CreateIndex: node.createIndex,
    ModifyIndex: node.modifyIndex,
  };
}

/** `AgentService` */
export function agentServiceJson(service: Service, datacenter: string) {
  const tagged = taggedAddresses(service);
  return {
    ID: service.id,
    Service: service.name,
    Tags: service.tags,
    Meta: service.meta,
    Port: service.port,
    Address: service.address,
    ...(Object.keys(tagged).length === 0 ? {} : { TaggedAddresses: tagged }),
    Weights: { Passing: service.weights.passing, Warning: service.weights.warning },
    EnableTagOverride: service.enableTagOverride,
    Datacenter: datacenter,
  };
}

/** `NodeService`, in `/v1/health` and `/v1/catalog/node`. */
export function nodeServiceJson(service: Service) {
  const tagged = taggedAddresses(service);
  return {
    ID: service.id,
    Service: service.name,
    Tags: service.tags,
    Address: service.address,
    ...(Object.keys(tagged).length === 0 ? {} : { TaggedAddresses: tagged }),
    Meta: service.meta,
    Port: service.port,
    Weights: { Passing: service.weights.passing, Warning: service.weights.warning },
    EnableTagOverride: service.enableTagOverride,
    Proxy: noProxy,
    Connect: {},
    PeerName: '',
    CreateIndex: service.createIndex,
    ModifyIndex: service.modifyIndex,
  };
}

/** `ServiceNode`, in `/v1/catalog/service`. */
export function serviceNodeJson(service: Service, node: CatalogNode) {
  return {
    ID: node.id,
    Node: node.name,
    Address: node.address,
    Datacenter: node.datacenter,
    TaggedAddresses: nodeAddresses(node),
    NodeMeta: node.meta,
    ServiceKind: '',
    ServiceID: service.id,
    ServiceName: service.name,
    ServiceTags: service.tags,
    ServiceAddress: service.address,
    ServiceTaggedAddresses: taggedAddresses(service),
    ServiceWeights: { Passing: service.weights.passing, Warning: service.weights.warning },
    ServiceMeta: service.meta,
    ServicePort: service.port,
    ServiceSocketPath: '',
    ServiceEnableTagOverride: service.enableTagOverride,
    ServiceProxy: noProxy,
    ServiceConnect: {},
    ServiceLocality: null,
    CreateIndex: service.createIndex,
    ModifyIndex: service.modifyIndex,
  };
}

/** `HealthCheck` */
export function checkJson(check: Check, node: CatalogNode) {
  return {
    Node: node.name,
    CheckID: check.id,
    Name: check.name,
    Status: check.status,
    Notes: check.notes,
    Output: check.output,
    ServiceID: check.serviceId,
    ServiceName: check.serviceName,
    ServiceTags: check.serviceTags,
    Type: check.probe?.target.kind ?? (check.ttlMs === undefined ? '' : 'ttl'),
    Interval: check.probe === undefined ? '' : goDurationText(check.probe.intervalMs),
    Timeout: check.probe === undefined ? '' : goDurationText(check.probe.timeoutMs),
    ExposedPort: 0,
    Definition: {},
    CreateIndex: check.createIndex,
    ModifyIndex: check.modifyIndex,
  };
}

/** `CheckServiceNode`, in `/v1/health/service`. */
export function checkServiceNodeJson({ service, checks }: CheckedService, catalog: Catalog) {
  return {
    Node: nodeJson(catalog.node),
    Service: nodeServiceJson(service),
    Checks: checks.map((check) => checkJson(check, catalog.node)),
  };
}
