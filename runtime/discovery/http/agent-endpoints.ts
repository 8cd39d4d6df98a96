/**
 * `/v1/agent`: services and checks of this node, and the writing side of the API.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../common/clock.js';
import type { Registration } from '../agent.js';
import type { CheckedService, CheckStatus, Service } from '../catalog/catalog.js';
import { checkStatuses } from '../catalog/catalog.js';
import { aggregatedStatus, aliveCheckId } from '../catalog/health.js';
import { readCheck } from '../definition/check-definition.js';
import { DefinitionReader } from '../definition/definition-reader.js';
import { readService } from '../definition/service-definition.js';
import { agentServiceShape, checkShape, memberShape } from '../filter/shapes.js';
import type { Command } from '../state/command.js';
import type { Committer } from '../state/committer.js';
import type { State } from '../state/state.js';
import type { BlockingQueries } from './blocking-query.js';
import { agentHealthCheckJson, agentServiceJson, byId, checkJson } from './consul-json.js';
import type { ApiReply, ApiRequest, Endpoint } from './endpoint.js';
import { ApiError, done } from './endpoint.js';
import { requestFilter } from './request-filter.js';
import { parseBody, reading } from './request-body.js';

function unknownService(id: string): ApiError {
  return new ApiError(
    404,
    `Unknown service ID "${id}". Ensure that the service ID is passed, not the service name.`,
  );
}

function unknownCheck(id: string): ApiError {
  return new ApiError(
    404,
    `Unknown check ID "${id}". Ensure that the check ID is passed, not the check name.`,
  );
}

/** `?enable=true&reason=...` */
function maintenance(query: URLSearchParams): { enable: boolean; reason: string } {
  const enable = query.get('enable') ?? '';
  if (enable === '') throw new ApiError(400, 'Missing value for enable');
  if (!/^(?:1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/.test(enable)) {
    throw new ApiError(400, `Invalid value for enable: ${JSON.stringify(enable)}`);
  }
  return { enable: /^[1tT]/.test(enable), reason: query.get('reason') ?? '' };
}

/** What a header may carry of a name. */
function header(text: string): string {
  return text.replace(/[^\x20-\x7e]/g, '?');
}

const statusCodes = { passing: 200, warning: 429, critical: 503, maintenance: 503 } as const;
const severity = ['passing', 'warning', 'critical', 'maintenance'] as const;

export interface AgentEndpointOptions {
  readonly state: State;
  readonly committer: Committer;
  readonly queries: BlockingQueries;
  readonly clock: Clock;
  /** Told in `/v1/agent/self`. */
  readonly version: string;
  /** Port told of this node as a member. */
  readonly port: () => number;
  /** Reads the definition files again; undefined: there are none. */
  readonly reload: () => void | Promise<void>;
}

/** All endpoints below `/v1/agent`. */
export function agentEndpoints(options: AgentEndpointOptions): Endpoint[] {
  const { state, committer, queries, clock, version } = options;
  const { catalog } = state;
  const { node } = catalog;

  const own = ({ origin }: { readonly origin: string }): boolean => origin === 'api' || origin === 'file';
  const ownServices = (): CheckedService[] =>
    catalog.services(node.name).filter(({ service }) => own(service));

  const commit = async (command: Command, unknown: () => ApiError): Promise<ApiReply> => {
    const outcome = await committer.commit(command);
    if (outcome.kind === 'unknown') throw unknown();
    if (outcome.kind === 'refused') throw new ApiError(500, outcome.reason);
    return done;
  };
  const never = (): ApiError => new ApiError(500, 'no such thing');

  const register = ({ body, query }: ApiRequest): Promise<ApiReply> => {
    const registration: Registration = reading(() => readService(parseBody(body)));
    const { id } = registration.service;
    if (catalog.service(id)?.origin === 'built-in') {
      throw new ApiError(400, `The service ID "${id}" is in use by this service itself`);
    }
    const replace = query.get('replace-existing-checks');
    const replaceChecks = replace !== null && !/^(?:0|f|F|FALSE|false|False)$/.test(replace);
    const at = clock.wallTime();
    return commit({ op: 'register-service', registration, origin: 'api', replaceChecks, at }, never);
  };

  const report = (id: string, status: CheckStatus, output: string): Promise<ApiReply> => {
    const check = catalog.check(id);
    if (check === undefined) throw unknownCheck(id);
    if (check.ttlMs === undefined) throw new ApiError(500, `CheckID "${id}" does not have associated TTL`);
    return commit({ op: 'report', id, status, output, at: clock.wallTime() }, () => unknownCheck(id));
  };

  const reporter =
    (status: CheckStatus) =>
    ({ rest, query }: ApiRequest): Promise<ApiReply> =>
      report(rest, status, query.get('note') ?? '');

  const update = ({ rest, body }: ApiRequest): Promise<ApiReply> => {
    const reader = reading(() => new DefinitionReader(parseBody(body), [], ['Status', 'Output']));
    const status = reading(() => reader.text('Status'));
    if (!(checkStatuses as readonly string[]).includes(status)) {
      throw new ApiError(400, `Invalid check status: '${status}'`);
    }
    const output = reading(() => reader.text('Output'));
    return report(rest, status as CheckStatus, output);
  };

  const registerCheck = ({ body }: ApiRequest): Promise<ApiReply> => {
    const { check, serviceId } = reading(() => readCheck(parseBody(body), []));
    const missing = (): ApiError =>
      new ApiError(404, `ServiceID ${JSON.stringify(serviceId)} does not exist`);
    if (serviceId !== '' && catalog.service(serviceId) === undefined) throw missing();
    if (check.id === aliveCheckId) {
      throw new ApiError(400, `The check ID "${check.id}" is in use by this service itself`);
    }
    return commit({ op: 'register-check', check, serviceId, at: clock.wallTime() }, missing);
  };

  const health = ({ service, checks }: CheckedService) => {
    // The agent's view of a service has its own checks first, and not the one of the cluster.
    const shown = [
      ...checks.filter(({ serviceId }) => serviceId !== ''),
      ...checks.filter(({ serviceId, id }) => serviceId === '' && id !== aliveCheckId),
    ];
    return {
      AggregatedStatus: aggregatedStatus(shown),
      Service: agentServiceJson(service, node.datacenter),
      Checks: shown.map(agentHealthCheckJson),
    };
  };

  const healthReply = (
    status: (typeof severity)[number],
    query: URLSearchParams,
    json: unknown,
  ): ApiReply => ({
    status: statusCodes[status],
    headers: {
      'X-Consul-Reason': status,
      ...(query.get('format') === 'text' ? { 'Content-Type': 'text/plain' } : {}),
    },
    ...(query.get('format') === 'text' ? { text: status } : { json }),
  });

  const healthById = ({ rest, query }: ApiRequest): ApiReply => {
    const found = catalog.service(rest);
    if (found === undefined || !own(found)) {
      const headers = { 'X-Consul-Reason': `ServiceId ${header(rest)} not found` };
      if (query.get('format') === 'text')
        return { status: 404, headers, text: `ServiceId ${rest} not found` };
      return { status: 404, headers, json: { AggregatedStatus: 'critical', Service: null, Checks: null } };
    }
    const shown = health({
      node,
      service: found,
      checks: [...catalog.checksOf(''), ...catalog.checksOf(rest)],
    });
    return healthReply(shown.AggregatedStatus, query, shown);
  };

  const healthByName = ({ rest, query }: ApiRequest): ApiReply => {
    const found = catalog
      .instances(rest)
      .filter(({ service }) => service.name === rest && service.node === node.name && own(service))
      .map(health);
    if (found.length === 0) {
      const headers = { 'X-Consul-Reason': `ServiceName ${header(rest)} Not Found` };
      return query.get('format') === 'text'
        ? { status: 404, headers, text: `No service with name ${rest}` }
        : { status: 404, headers, json: [] };
    }
    const worst = Math.max(...found.map(({ AggregatedStatus }) => severity.indexOf(AggregatedStatus)));
    return healthReply(severity[worst] ?? 'critical', query, found);
  };

  const withHash = (service: Service) => {
    const shown = agentServiceJson(service, node.datacenter);
    const hash = createHash('sha256').update(JSON.stringify(shown)).digest('hex').slice(0, 16);
    const { Datacenter, ...rest } = shown;
    return { hash, json: { ...rest, ContentHash: hash, Datacenter } };
  };

  /** `?hash=H&wait=...`: waits until the service is not the one of that hash. */
  const service = async ({ rest, query, gone }: ApiRequest): Promise<ApiReply> => {
    const look = () => {
      const found = catalog.service(rest);
      return found === undefined || !own(found) ? undefined : withHash(found);
    };
    const known = query.get('hash') ?? '';
    if (known !== '' && look()?.hash === known) {
      await queries.wait(() => look()?.hash !== known, query, gone);
    }
    const found = look();
    if (found === undefined) throw new ApiError(404, `unknown service ID: ${rest}`);
    return { status: 200, headers: { 'X-Consul-Contenthash': found.hash }, json: found.json };
  };

  const member = () => ({
    Name: node.name,
    Addr: node.address,
    Port: options.port(),
    Tags: { dc: node.datacenter, id: node.id, role: 'consul' },
    Status: 1,
    ProtocolMin: 1,
    ProtocolMax: 5,
    ProtocolCur: 2,
    DelegateMin: 2,
    DelegateMax: 5,
    DelegateCur: 4,
  });

  const self = () => ({
    Config: {
      Datacenter: node.datacenter,
      PrimaryDatacenter: node.datacenter,
      NodeName: node.name,
      NodeID: node.id,
      Revision: '',
      Server: true,
      Version: version,
      BuildDate: '1970-01-01T00:00:01Z',
    },
    DebugConfig: {},
    Coord: null,
    Member: member(),
    Stats: {},
    Meta: node.meta ?? {},
  });

  return [
    { method: 'GET', path: '/v1/agent/self', handle: () => ({ status: 200, json: self() }) },
    {
      method: 'GET',
      path: '/v1/agent/members',
      handle: ({ query }) => {
        const one = query.has('wan') ? { ...member(), Name: `${node.name}.${node.datacenter}` } : member();
        return { status: 200, json: [one].filter(requestFilter(query, memberShape)) };
      },
    },
    {
      method: 'GET',
      path: '/v1/agent/services',
      handle({ query }) {
        const passes = requestFilter(query, agentServiceShape);
        const entries = ownServices()
          .map(({ service: one }) => [one.id, agentServiceJson(one, node.datacenter)] as const)
          .filter(([, one]) => passes(one))
          .sort(([one], [other]) => (one < other ? -1 : 1));
        return { status: 200, json: Object.fromEntries(entries) };
      },
    },
    { method: 'GET', path: '/v1/agent/service/', handle: service },
    { method: 'PUT', path: '/v1/agent/service/register', handle: register },
    {
      method: 'PUT',
      path: '/v1/agent/service/deregister/',
      handle({ rest }) {
        const found = catalog.service(rest);
        if (found === undefined || !own(found)) throw unknownService(rest);
        return commit({ op: 'deregister-service', id: rest }, () => unknownService(rest));
      },
    },
    {
      method: 'PUT',
      path: '/v1/agent/service/maintenance/',
      handle({ rest, query }) {
        if (rest === '') throw new ApiError(400, 'Missing service ID');
        const { enable, reason } = maintenance(query);
        const found = catalog.service(rest);
        if (found === undefined || !own(found)) throw unknownService(rest);
        return commit({ op: 'maintain-service', id: rest, enable, reason }, () => unknownService(rest));
      },
    },
    {
      method: 'PUT',
      path: '/v1/agent/maintenance',
      handle({ query }) {
        const { enable, reason } = maintenance(query);
        return commit({ op: 'maintain-node', enable, reason }, never);
      },
    },
    {
      method: 'GET',
      path: '/v1/agent/checks',
      handle({ query }) {
        const passes = requestFilter(query, checkShape);
        const found = catalog
          .checks(node.name)
          .filter(({ id, origin }) => id !== aliveCheckId && origin !== 'catalog')
          .sort(byId)
          .map((check) => [check.id, checkJson(check, true)] as const)
          .filter(([, check]) => passes(check));
        return { status: 200, json: Object.fromEntries(found) };
      },
    },
    { method: 'PUT', path: '/v1/agent/check/register', handle: registerCheck },
    {
      method: 'PUT',
      path: '/v1/agent/check/deregister/',
      handle({ rest }) {
        if (catalog.check(rest) === undefined || rest === aliveCheckId) throw unknownCheck(rest);
        return commit({ op: 'deregister-check', id: rest }, () => unknownCheck(rest));
      },
    },
    { method: 'PUT', path: '/v1/agent/check/pass/', handle: reporter('passing') },
    { method: 'PUT', path: '/v1/agent/check/warn/', handle: reporter('warning') },
    { method: 'PUT', path: '/v1/agent/check/fail/', handle: reporter('critical') },
    { method: 'PUT', path: '/v1/agent/check/update/', handle: update },
    { method: 'GET', path: '/v1/agent/health/service/id/', handle: healthById },
    { method: 'GET', path: '/v1/agent/health/service/name/', handle: healthByName },
    {
      method: 'GET',
      path: '/v1/agent/version',
      handle: () => ({
        status: 200,
        json: { SHA: '', BuildDate: '1970-01-01T00:00:01Z', HumanVersion: version, FIPS: '' },
      }),
    },
    {
      method: 'PUT',
      path: '/v1/agent/reload',
      async handle() {
        await options.reload();
        return done;
      },
    },
  ];
}
