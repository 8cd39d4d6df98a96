/**
 * `/v1/catalog` and `/v1/health`, all reading with blocking queries, and `/v1/status`.
 */
import type { Catalog, Check, CheckedService } from '../catalog/catalog.js';
import { readCatalogDeregistration, readCatalogRegistration } from '../definition/catalog-registration.js';
import {
  checkServiceNodeShape,
  checkShape,
  nodeServiceShape,
  nodeShape,
  serviceNodeShape,
} from '../filter/shapes.js';
import type { Committer } from '../state/committer.js';
import type { BlockingQueries } from './blocking-query.js';
import { checkConsistency } from './blocking-query.js';
import {
  byId,
  checkJson,
  checkServiceNodeJson,
  nodeJson,
  nodeServiceJson,
  serviceNodeJson,
} from './consul-json.js';
import type { ApiReply, ApiRequest, Endpoint } from './endpoint.js';
import { ApiError, queryFlag } from './endpoint.js';
import { parseBody, reading } from './request-body.js';
import { requestFilter } from './request-filter.js';

export interface CatalogEndpointOptions {
  readonly catalog: Catalog;
  readonly committer: Committer;
  readonly queries: BlockingQueries;
  /** `ip:port` told as leader: there are no others. */
  readonly leader: () => string;
}

/** `?tag=a&tag=b`: all of them; case counts not. */
function hasTags({ service }: CheckedService, tags: readonly string[]): boolean {
  return tags.every((tag) => service.tags.some((own) => own.toLowerCase() === tag.toLowerCase()));
}

/** `?node-meta=key:value` */
function nodeMatches(meta: Readonly<Record<string, string>> | null, query: URLSearchParams): boolean {
  return query.getAll('node-meta').every((pair) => {
    const at = pair.indexOf(':');
    const [key, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    return meta !== null && Object.hasOwn(meta, key) && meta[key] === value;
  });
}

/** Instances as Consul's index has them: by node, then by id. */
function inOrder(instances: readonly CheckedService[]): CheckedService[] {
  return [...instances].sort((one, other) =>
    one.node.name === other.node.name
      ? byId(one.service, other.service)
      : one.node.name < other.node.name
        ? -1
        : 1,
  );
}

/** Unique tags by name, sorted by name. */
function servicesJson(catalog: Catalog, query: URLSearchParams): Record<string, string[]> {
  const passes = requestFilter(query, serviceNodeShape);
  const found = new Map<string, Set<string>>();
  for (const instance of catalog.services()) {
    const { service, node } = instance;
    if (!nodeMatches(node.meta, query) || !passes(serviceNodeJson(instance))) continue;
    const tags = found.get(service.name) ?? new Set();
    for (const tag of service.tags) tags.add(tag);
    found.set(service.name, tags);
  }
  const sorted = [...found].sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, tags]) => [name, [...tags]]));
}

/** Endpoints below `/v1/catalog`, `/v1/health` and `/v1/status`. */
export function catalogEndpoints(options: CatalogEndpointOptions): Endpoint[] {
  const { catalog, committer, queries, leader } = options;
  const { datacenter } = catalog.node;

  /** Instances of the service in the path, by the filters that all look-ups of services have. */
  const instances = ({ rest, query }: ApiRequest): CheckedService[] => {
    const tags = query.getAll('tag');
    return inOrder(
      catalog
        .instances(rest)
        .filter((instance) => nodeMatches(instance.node.meta, query) && hasTags(instance, tags)),
    );
  };

  const service = (request: ApiRequest): Promise<ApiReply> => {
    if (request.rest === '') throw new ApiError(400, 'Missing service name');
    const passes = requestFilter(request.query, serviceNodeShape);
    return queries.answer(request, {
      indexOf: () => catalog.indexOf(request.rest),
      answer: () => ({ json: instances(request).map(serviceNodeJson).filter(passes) }),
    });
  };

  const health = (request: ApiRequest): Promise<ApiReply> => {
    if (request.rest === '') throw new ApiError(400, 'Missing service name');
    const passing = queryFlag(request.query, 'passing');
    const passes = requestFilter(request.query, checkServiceNodeShape);
    return queries.answer(request, {
      indexOf: () => catalog.indexOf(request.rest),
      answer: () => ({
        json: instances(request)
          .filter(({ checks }) => !passing || checks.every(({ status }) => status === 'passing'))
          .map(checkServiceNodeJson)
          .filter(passes),
      }),
    });
  };

  const checks = (
    request: ApiRequest,
    wanted: (check: Check) => boolean,
    nodeName?: string,
  ): Promise<ApiReply> => {
    const passes = requestFilter(request.query, checkShape);
    return queries.answer(request, {
      indexOf: () => Math.max(catalog.checksIndex, catalog.nodesIndex),
      answer: () => ({
        json: catalog
          .nodes()
          .filter(
            (node) =>
              nodeMatches(node.meta, request.query) &&
              (nodeName === undefined || node.name.toLowerCase() === nodeName.toLowerCase()),
          )
          .flatMap((node) => [...catalog.checks(node.name)].sort(byId))
          .filter(wanted)
          .map((check) => checkJson(check))
          .filter(passes),
      }),
    });
  };

  const nodeIndex = (): number => Math.max(catalog.nodesIndex, catalog.servicesIndex);
  const emptyList = (request: ApiRequest): Promise<ApiReply> => {
    if (request.rest === '') throw new ApiError(400, 'Missing service name');
    return queries.answer(request, { indexOf: () => catalog.index, answer: () => ({ json: [] }) });
  };

  const write = async (read: () => Parameters<Committer['commit']>[0]): Promise<ApiReply> => {
    const outcome = await committer.commit(reading(read));
    if (outcome.kind === 'refused') throw new ApiError(500, outcome.reason);
    return { status: 200, json: true };
  };

  return [
    { method: 'GET', path: '/v1/status/leader', handle: () => ({ status: 200, json: leader() }) },
    { method: 'GET', path: '/v1/status/peers', handle: () => ({ status: 200, json: [leader()] }) },
    {
      method: 'PUT',
      path: '/v1/catalog/register',
      handle: ({ body }) => write(() => readCatalogRegistration(parseBody(body), datacenter)),
    },
    {
      method: 'PUT',
      path: '/v1/catalog/deregister',
      handle: ({ body }) => write(() => readCatalogDeregistration(parseBody(body), datacenter)),
    },
    {
      method: 'GET',
      path: '/v1/catalog/datacenters',
      handle({ query }) {
        checkConsistency(query, datacenter);
        return { status: 200, json: [datacenter] };
      },
    },
    {
      method: 'GET',
      path: '/v1/catalog/nodes',
      handle(request) {
        const passes = requestFilter(request.query, nodeShape);
        return queries.answer(request, {
          indexOf: () => catalog.nodesIndex,
          answer: () => ({
            json: catalog
              .nodes()
              .filter(({ meta }) => nodeMatches(meta, request.query))
              .map(nodeJson)
              .filter(passes),
          }),
        });
      },
    },
    {
      method: 'GET',
      path: '/v1/catalog/services',
      handle: (request) =>
        queries.answer(request, {
          indexOf: () => catalog.servicesIndex,
          answer: () => ({ json: servicesJson(catalog, request.query) }),
        }),
    },
    { method: 'GET', path: '/v1/catalog/service/', handle: service },
    { method: 'GET', path: '/v1/catalog/connect/', handle: emptyList },
    { method: 'GET', path: '/v1/catalog/gateway-services/', handle: emptyList },
    {
      method: 'GET',
      path: '/v1/catalog/node/',
      handle(request) {
        if (request.rest === '') throw new ApiError(400, 'Missing node name');
        const passes = requestFilter(request.query, nodeServiceShape);
        return queries.answer(request, {
          indexOf: nodeIndex,
          answer() {
            const node = catalog.findNode(request.rest);
            if (node === undefined) return { json: null };
            const services = inOrder(catalog.services(node.name))
              .map(({ service: one }) => nodeServiceJson(one))
              .filter(passes)
              .map((one) => [one.ID, one] as const);
            return { json: { Node: nodeJson(node), Services: Object.fromEntries(services) } };
          },
        });
      },
    },
    {
      method: 'GET',
      path: '/v1/catalog/node-services/',
      handle(request) {
        if (request.rest === '') throw new ApiError(400, 'Missing node name');
        const passes = requestFilter(request.query, nodeServiceShape);
        return queries.answer(request, {
          indexOf: nodeIndex,
          answer() {
            const node = catalog.findNode(request.rest);
            if (node === undefined) return { json: { Node: null, Services: null } };
            const services = inOrder(catalog.services(node.name)).map(({ service: one }) =>
              nodeServiceJson(one),
            );
            return { json: { Node: nodeJson(node), Services: services.filter(passes) } };
          },
        });
      },
    },
    { method: 'GET', path: '/v1/health/service/', handle: health },
    { method: 'GET', path: '/v1/health/connect/', handle: emptyList },
    { method: 'GET', path: '/v1/health/ingress/', handle: emptyList },
    {
      method: 'GET',
      path: '/v1/health/checks/',
      handle(request) {
        if (request.rest === '') throw new ApiError(400, 'Missing service name');
        return checks(request, ({ serviceName }) => serviceName.toLowerCase() === request.rest.toLowerCase());
      },
    },
    {
      method: 'GET',
      path: '/v1/health/node/',
      handle(request) {
        if (request.rest === '') throw new ApiError(400, 'Missing node name');
        return checks(request, () => true, request.rest);
      },
    },
    {
      method: 'GET',
      path: '/v1/health/state/',
      handle(request) {
        if (request.rest === '') throw new ApiError(400, 'Missing check state');
        return checks(request, ({ status }) => request.rest === 'any' || status === request.rest);
      },
    },
  ];
}
