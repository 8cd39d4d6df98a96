/**
 * `/v1/query`: prepared queries, as far as one datacenter has use for them.
 */
import { randomUUID } from 'node:crypto';
import { RE2JS } from 're2js';
import { findByQuery } from '../find-instances.js';
import { DefinitionReader } from '../definition/definition-reader.js';
import type { Committer } from '../state/committer.js';
import type { PreparedQuery, QueryDefinition } from '../state/query-store.js';
import type { State } from '../state/state.js';
import type { BlockingQueries } from './blocking-query.js';
import { checkServiceNodeJson } from './consul-json.js';
import type { ApiReply, ApiRequest, Endpoint } from './endpoint.js';
import { ApiError, done } from './endpoint.js';
import { parseBody, reading } from './request-body.js';

export interface QueryEndpointOptions {
  readonly state: State;
  readonly committer: Committer;
  readonly queries: BlockingQueries;
}

const failover = 'failover to other datacenters needs a Consul agent';

function queryJson(query: PreparedQuery) {
  const orNull = <T extends object>(value: T): T | null => (Object.keys(value).length === 0 ? null : value);
  return {
    ID: query.id,
    Name: query.name,
    Session: query.session,
    Token: query.token,
    Template: {
      Type: query.template.type,
      Regexp: query.template.regexp,
      RemoveEmptyTags: query.template.removeEmptyTags,
    },
    Service: {
      Service: query.service,
      SamenessGroup: '',
      Failover: { NearestN: 0, Datacenters: null, Targets: null },
      OnlyPassing: query.onlyPassing,
      IgnoreCheckIDs: null,
      Near: query.near,
      Tags: orNull(query.tags),
      NodeMeta: orNull(query.nodeMeta),
      ServiceMeta: orNull(query.serviceMeta),
      Connect: false,
      Peer: '',
    },
    DNS: { TTL: query.dnsTtl },
    CreateIndex: query.createIndex,
    ModifyIndex: query.modifyIndex,
  };
}

const meta = {
  Index: 1,
  LastContact: 0,
  KnownLeader: true,
  ConsistencyLevel: 'leader',
  NotModified: false,
  Backend: 0,
  ResultsFilteredByACLs: false,
};

/** @throws ApiError or DefinitionError */
function readQuery(body: string, id: string): QueryDefinition {
  const reader = new DefinitionReader(
    parseBody(body),
    [],
    ['ID', 'Name', 'Session', 'Token', 'Template', 'Service', 'DNS', 'CreateIndex', 'ModifyIndex'],
  );
  const template = new DefinitionReader(reader.raw('Template'), reader.pathOf('Template'), [
    'Type',
    'Regexp',
    'RemoveEmptyTags',
  ]);
  const service = new DefinitionReader(
    reader.raw('Service'),
    reader.pathOf('Service'),
    ['Service', 'OnlyPassing', 'Near', 'Tags', 'NodeMeta', 'ServiceMeta', 'Failover', 'IgnoreCheckIDs'],
    { Connect: 'the service mesh is not built in', Peer: failover, SamenessGroup: failover },
  );
  // Whatever it asks for is refused here.
  new DefinitionReader(service.raw('Failover'), service.pathOf('Failover'), [], {
    NearestN: failover,
    Datacenters: failover,
    Targets: failover,
  });
  const dns = new DefinitionReader(reader.raw('DNS'), reader.pathOf('DNS'), ['TTL']);
  const name = reader.text('Name');
  const type = template.text('Type');
  const regexp = template.text('Regexp');
  if (name === '' && type === '' && reader.text('Session') === '') {
    throw new ApiError(500, 'Invalid prepared query: Must be bound to a session');
  }
  if (service.text('Service') === '') {
    throw new ApiError(500, 'Invalid prepared query: Must provide a Service name to query');
  }
  if (type !== '' && type !== 'name_prefix_match') {
    throw new ApiError(500, `Invalid prepared query: Bad template: Bad Template.Type '${type}'`);
  }
  if (regexp !== '') {
    try {
      RE2JS.compile(regexp);
    } catch (error) {
      throw new ApiError(500, `Invalid prepared query: Bad template: ${(error as Error).message}`);
    }
  }
  const ttl = dns.duration('TTL');
  if (ttl !== undefined && ttl < 0) throw new ApiError(500, 'Invalid prepared query: Bad DNS TTL');
  return {
    id,
    name,
    session: reader.text('Session'),
    token: '',
    template: { type, regexp, removeEmptyTags: template.flag('RemoveEmptyTags') },
    service: service.text('Service'),
    onlyPassing: service.flag('OnlyPassing'),
    near: service.text('Near'),
    tags: service.texts('Tags'),
    nodeMeta: service.textMap('NodeMeta'),
    serviceMeta: service.textMap('ServiceMeta'),
    dnsTtl: dns.has('TTL') ? String(dns.raw('TTL')) : '',
  };
}

/** All endpoints of `/v1/query`. */
export function queryEndpoints({ state, committer, queries }: QueryEndpointOptions): Endpoint[] {
  const { catalog, queries: store } = state;
  const put = async (id: string, body: string, reply: ApiReply): Promise<ApiReply> => {
    const query = reading(() => readQuery(body, id));
    const outcome = await committer.commit({ op: 'query-put', query });
    if (outcome.kind === 'refused') throw new ApiError(500, `raft apply failed: ${outcome.reason}`);
    return reply;
  };

  const byId = (id: string): PreparedQuery => {
    if (!/^[0-9a-f-]{36}$/i.test(id)) {
      throw new ApiError(500, 'failed prepared query lookup: index error: UUID must be 36 characters');
    }
    const found = store.get(id);
    if (found === undefined) throw new ApiError(404, 'Query not found');
    return found;
  };

  const resolve = (name: string): PreparedQuery => {
    const found = store.resolve(name);
    if (found === undefined) throw new ApiError(404, 'Query not found');
    return found;
  };

  const execute = (request: ApiRequest, name: string): Promise<ApiReply> => {
    const query = resolve(name);
    const limit = Number(request.query.get('limit') ?? '0');
    const found = findByQuery(catalog, query).map(checkServiceNodeJson);
    return queries.answer(request, {
      indexOf: () => 1,
      answer: () => ({
        json: {
          Service: query.service,
          Nodes: limit > 0 ? found.slice(0, limit) : found,
          DNS: { TTL: query.dnsTtl },
          Datacenter: catalog.node.datacenter,
          Failovers: 0,
          PeerName: '',
          ...meta,
        },
      }),
    });
  };

  const get = (request: ApiRequest): Promise<ApiReply> => {
    const [, name = '', what = ''] = /^(.*)\/(execute|explain)$/.exec(request.rest) ?? [];
    if (what === 'execute') return execute(request, name);
    if (what === 'explain') {
      const json = { Query: queryJson(resolve(name)), ...meta };
      return queries.answer(request, { indexOf: () => 1, answer: () => ({ json }) });
    }
    return queries.answer(request, {
      indexOf: () => store.index,
      answer: () => ({ json: [queryJson(byId(request.rest))] }),
    });
  };

  return [
    {
      method: 'GET',
      path: '/v1/query',
      handle: (request) =>
        queries.answer(request, {
          indexOf: () => store.index,
          answer: () => ({ json: store.all().map(queryJson) }),
        }),
    },
    {
      method: 'POST',
      path: '/v1/query',
      handle({ body }) {
        const id = randomUUID();
        return put(id, body, { status: 200, json: { ID: id } });
      },
    },
    { method: 'GET', path: '/v1/query/', handle: get },
    {
      method: 'PUT',
      path: '/v1/query/',
      handle({ rest, body }) {
        byId(rest);
        return put(rest, body, done);
      },
    },
    {
      method: 'DELETE',
      path: '/v1/query/',
      async handle({ rest }) {
        byId(rest);
        await committer.commit({ op: 'query-delete', id: rest });
        return done;
      },
    },
  ];
}
