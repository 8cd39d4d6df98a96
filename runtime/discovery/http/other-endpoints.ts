/**
 * What clients ask for in passing and one node can answer: events, and features that are switched off. Nothing of this
 * is kept.
 */
import { randomUUID } from 'node:crypto';
import type { Catalog } from '../catalog/catalog.js';
import type { BlockingQueries } from './blocking-query.js';
import type { ApiReply, ApiRequest, Endpoint } from './endpoint.js';
import { ApiError } from './endpoint.js';

export interface OtherEndpointOptions {
  readonly catalog: Catalog;
  readonly queries: BlockingQueries;
  readonly leader: () => string;
  readonly version: string;
}

/** As many events as Consul remembers. */
const maxEvents = 256;

const configKinds = [
  'service-defaults',
  'proxy-defaults',
  'service-router',
  'service-splitter',
  'service-resolver',
  'service-intentions',
];

interface FiredEvent {
  readonly ID: string;
  readonly Name: string;
  readonly Payload: string | null;
  readonly NodeFilter: string;
  readonly ServiceFilter: string;
  readonly TagFilter: string;
  readonly Version: number;
  readonly LTime: number;
}

/** Endpoints of events, ACLs that are off, and empty lists. */
export function otherEndpoints({ catalog, queries, leader, version }: OtherEndpointOptions): Endpoint[] {
  const events: FiredEvent[] = [];
  let fired = 0;
  const { node } = catalog;

  const fire = ({ rest, query, octets }: ApiRequest): ApiReply => {
    if (rest === '') throw new ApiError(400, 'Missing name');
    if (query.get('tag') && !query.get('service')) {
      throw new ApiError(500, 'Cannot provide tag filter without service filter');
    }
    fired++;
    const event: FiredEvent = {
      ID: randomUUID(),
      Name: rest,
      Payload: octets.length === 0 ? null : octets.toString('base64'),
      NodeFilter: query.get('node') ?? '',
      ServiceFilter: query.get('service') ?? '',
      TagFilter: query.get('tag') ?? '',
      Version: 1,
      LTime: 0,
    };
    events.push({ ...event, LTime: fired + 1 });
    if (events.length > maxEvents) events.shift();
    return { status: 200, json: event };
  };

  const aclsOff = (): never => {
    throw new ApiError(401, 'ACL support disabled');
  };
  const server = () => ({
    ID: node.id,
    Node: node.name,
    Address: leader(),
    Leader: true,
    ProtocolVersion: '3',
    Voter: true,
    LastIndex: catalog.index,
  });

  return [
    { method: 'PUT', path: '/v1/event/fire/', handle: fire },
    {
      method: 'GET',
      path: '/v1/event/list',
      handle({ query }) {
        const name = query.get('name');
        const json = events.filter(({ Name }) => name === null || Name === name);
        return { status: 200, json, headers: { 'X-Consul-Index': String(Math.max(1, fired)) } };
      },
    },
    {
      method: 'GET',
      path: '/v1/coordinate/nodes',
      handle: (request) =>
        queries.answer(request, {
          indexOf: () => catalog.nodesIndex,
          tellConsistency: false,
          answer: () => ({ json: [] }),
        }),
    },
    {
      method: 'GET',
      path: '/v1/operator/raft/configuration',
      handle: () => ({ status: 200, json: { Servers: [server()], Index: 0 } }),
    },
    {
      method: 'GET',
      path: '/v1/operator/autopilot/health',
      handle: () => ({
        status: 200,
        json: {
          Healthy: true,
          FailureTolerance: 0,
          Servers: [
            {
              ID: node.id,
              Name: node.name,
              Address: leader(),
              SerfStatus: 'alive',
              Version: version,
              Leader: true,
              LastContact: '0s',
              LastIndex: catalog.index,
              Healthy: true,
              Voter: true,
            },
          ],
        },
      }),
    },
    // There are no configuration entries, and who asks for a list of them is told so.
    ...configKinds.map((kind) => ({
      method: 'GET' as const,
      path: `/v1/config/${kind}`,
      handle: (request: ApiRequest) =>
        queries.answer(request, {
          indexOf: () => catalog.index,
          tellConsistency: false,
          answer: () => ({ json: [] }),
        }),
    })),
    ...(['GET', 'PUT', 'POST', 'DELETE'] as const).map((method) => ({
      method,
      path: '/v1/acl/',
      handle: aclsOff,
    })),
  ];
}
