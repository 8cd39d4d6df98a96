/**
 * `/v1/catalog` and `/v1/health`: the reading side of the API, all of it with blocking queries, and `/v1/status`.
 */
import type { Catalog, Check, CheckedService } from '../catalog/catalog.js';
import { checkStatuses } from '../catalog/catalog.js';
import { worstStatus } from '../catalog/health.js';
import type { BlockingQueries } from './blocking-query.js';
import {
  checkJson,
  checkServiceNodeJson,
  nodeJson,
  nodeServiceJson,
  serviceNodeJson,
} from './consul-json.js';
import type { ApiReply, ApiRequest, Endpoint } from './endpoint.js';
import { ApiError, queryFlag } from './endpoint.js';

export interface CatalogEndpointOptions {
  readonly catalog: Catalog;
  readonly queries: BlockingQueries;
  /** `ip:port` told as leader: there are no others. */
  readonly leader: () => string;
}

/** `?tag=a&tag=b`: all of them; case counts not. */
function hasTags({ service }: CheckedService, tags: readonly string[]): boolean {
  return tags.every((tag) => service.tags.some((own) => own.toLowerCase() === tag.toLowerCase()));
}

/** `?node-meta=key:value` */
function nodeMatches(catalog: Catalog, query: URLSearchParams): boolean {
  return query.getAll('node-meta').every((pair) => {
    const at = pair.indexOf(':');
    const [key, value] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)];
    return catalog.node.meta[key] === value;
  });
}

/** Unique tags by name, sorted by name. */
function servicesJson(catalog: Catalog, query: URLSearchParams): Record<string, string[]> {
  const found = new Map<string, Set<string>>();
  if (nodeMatches(catalog, query)) {
    for (const { service } of catalog.services()) {
      const tags = found.get(service.name) ?? new Set();
      for (const tag of service.tags) tags.add(tag);
      found.set(service.name, tags);
    }
  }
  const sorted = [...found].sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(sorted.map(([name, tags]) => [name, [...tags]]));
}

/** Endpoints below `/v1/catalog`, `/v1/health` and `/v1/status`. */
export function catalogEndpoints({ catalog, queries, leader }: CatalogEndpointOptions): Endpoint[] {
  const { node } = catalog;
  const isNode = (name: string): boolean => name.toLowerCase() === node.name.toLowerCase();

  /** Instances of the service in the path, by the filters that all look-ups of services have. */
  const instances = ({ rest, query }: ApiRequest): CheckedService[] => {
    if (!nodeMatches(catalog, query)) return [];
    const tags = query.getAll('tag');
    return catalog.instances(rest).filter((instance) => hasTags(instance, tags));
  };

  const service = (request: ApiRequest): Promise<ApiReply> => {
    if (request.rest === '') throw new ApiError(400, 'Missing service name');
    return queries.answer(
      request,
      () => catalog.indexOf(request.rest),
      () => instances(request).map((instance) => serviceNodeJson(instance.service, node)),
    );
  };

  const health = (request: ApiRequest): Promise<ApiReply> => {
    if (request.rest === '') throw new ApiError(400, 'Missing service name');
    const passing = queryFlag(request.query, 'passing');
    return queries.answer(
      request,
      () => catalog.indexOf(request.rest),
      () =>
        instances(request)
          .filter(({ checks }) => !passing || worstStatus(checks) === 'passing')
          .map((instance) => checkServiceNodeJson(instance, catalog)),
    );
  };

  const checks = (request: ApiRequest, wanted: (check: Check) => boolean): Promise<ApiReply> =>
    queries.answer(
      request,
      () => catalog.index,
      () =>
        catalog
          .checks()
          .filter(wanted)
          .map((check) => checkJson(check, node)),
    );

  return [
    { method: 'GET', path: '/v1/status/leader', handle: () => ({ status: 200, json: leader() }) },
    { method: 'GET', path: '/v1/status/peers', handle: () => ({ status: 200, json: [leader()] }) },
    {
      method: 'GET',
      path: '/v1/catalog/datacenters',
      handle: () => ({ status: 200, json: [node.datacenter] }),
    },
    {
      method: 'GET',
      path: '/v1/catalog/nodes',
      handle: (request) =>
        queries.answer(
          request,
          () => node.modifyIndex,
          () => (nodeMatches(catalog, request.query) ? [nodeJson(node)] : []),
        ),
    },
    {
      method: 'GET',
      path: '/v1/catalog/services',
      handle: (request) =>
        queries.answer(
          request,
          () => catalog.servicesIndex,
          () => servicesJson(catalog, request.query),
        ),
    },
    { method: 'GET', path: '/v1/catalog/service/', handle: service },
    {
      method: 'GET',
      path: '/v1/catalog/node/',
      handle: (request) =>
        queries.answer(
          request,
          () => catalog.servicesIndex,
          () =>
            isNode(request.rest)
              ? {
                  Node: nodeJson(node),
                  Services: Object.fromEntries(
                    catalog.services().map((one) => [one.service.id, nodeServiceJson(one.service)]),
                  ),
                }
              : null,
        ),
    },
    { method: 'GET', path: '/v1/health/service/', handle: health },
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
      handle: (request) => checks(request, () => isNode(request.rest)),
    },
    {
      method: 'GET',
      path: '/v1/health/state/',
      handle(request) {
        if (request.rest === '') throw new ApiError(400, 'Missing check state');
        const all = request.rest === 'any';
        const known = all || (checkStatuses as readonly string[]).includes(request.rest);
        return checks(request, ({ status }) => known && (all || status === request.rest));
      },
    },
  ];
}
