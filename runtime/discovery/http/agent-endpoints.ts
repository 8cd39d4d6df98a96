/**
 * `/v1/agent`: services and checks of this node, and the writing side of the API.
 */
import type { Agent, Registration } from '../agent.js';
import type { CheckStatus, Service } from '../catalog/catalog.js';
import { checkStatuses } from '../catalog/catalog.js';
import { aggregatedStatus, aliveCheckId } from '../catalog/health.js';
import { readCheck } from '../definition/check-definition.js';
import { DefinitionError, DefinitionReader } from '../definition/definition-reader.js';
import { findJsonError } from '../definition/json-error.js';
import { readService } from '../definition/service-definition.js';
import { agentServiceJson, checkJson } from './consul-json.js';
import type { ApiReply, ApiRequest, Endpoint } from './endpoint.js';
import { ApiError, done } from './endpoint.js';

function parseBody(body: string): unknown {
  if (body.trim() === '') throw new ApiError(400, 'Request decode failed: EOF');
  try {
    return JSON.parse(body);
  } catch (error) {
    const reason = findJsonError(body)?.message ?? (error as Error).message;
    throw new ApiError(400, `Request decode failed: ${reason}`);
  }
}

/** Errors of the reader are the client's. */
function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    const decoding = /^(?:json|time): /.test(error.message) ? 'Request decode failed: ' : '';
    throw new ApiError(400, decoding + error.message);
  }
}

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

const statusCodes = { passing: 200, warning: 429, critical: 503, maintenance: 503 } as const;

export interface AgentEndpointOptions {
  readonly agent: Agent;
  /** Told in `/v1/agent/self`. */
  readonly version: string;
}

/** All endpoints below `/v1/agent`. */
export function agentEndpoints({ agent, version }: AgentEndpointOptions): Endpoint[] {
  const { catalog } = agent;
  const { node } = catalog;

  const own = (service: Service): boolean => service.origin !== 'built-in';

  const register = ({ body, query }: ApiRequest): ApiReply => {
    const registration: Registration = reading(() => readService(parseBody(body)));
    if (catalog.service(registration.service.id)?.origin === 'built-in') {
      throw new ApiError(400, `The service ID "${registration.service.id}" is in use by this service itself`);
    }
    const replace = query.get('replace-existing-checks');
    agent.registerService(
      registration,
      'api',
      replace !== null && !/^(?:0|f|F|FALSE|false|False)$/.test(replace),
    );
    return done;
  };

  const report = (id: string, status: CheckStatus, output: string): ApiReply => {
    const result = agent.report(id, status, output);
    if (result === 'unknown') throw unknownCheck(id);
    if (result === 'no-ttl') throw new ApiError(500, `CheckID "${id}" does not have associated TTL`);
    return done;
  };

  const reporter =
    (status: CheckStatus) =>
    ({ rest, query }: ApiRequest): ApiReply =>
      report(rest, status, query.get('note') ?? '');

  const update = ({ rest, body }: ApiRequest): ApiReply => {
    const reader = reading(() => new DefinitionReader(parseBody(body), [], ['Status', 'Output']));
    const status = reading(() => reader.text('Status'));
    if (!(checkStatuses as readonly string[]).includes(status)) {
      throw new ApiError(400, `Invalid check status: '${status}'`);
    }
    return report(
      rest,
      status as CheckStatus,
      reading(() => reader.text('Output')),
    );
  };

  const registerCheck = ({ body }: ApiRequest): ApiReply => {
    const { check, serviceId } = reading(() => readCheck(parseBody(body), []));
    if (serviceId !== '' && catalog.service(serviceId) === undefined) {
      throw new ApiError(404, `ServiceID ${JSON.stringify(serviceId)} does not exist`);
    }
    if (check.id === aliveCheckId)
      throw new ApiError(400, `The check ID "${check.id}" is in use by this service itself`);
    agent.registerCheck(check, serviceId);
    return done;
  };

  const health = (services: readonly Service[]) =>
    services.map((service) => {
      const { checks } = catalog.instances(service.name).find((one) => one.service === service) ?? {
        checks: [],
      };
      return {
        AggregatedStatus: aggregatedStatus(checks),
        Service: agentServiceJson(service, node.datacenter),
        Checks: checks.map((check) => checkJson(check, node)),
      };
    });

  const healthById = ({ rest, query }: ApiRequest): ApiReply => {
    const service = catalog.service(rest);
    const [found] = service === undefined || !own(service) ? [] : health([service]);
    if (query.get('format') === 'text') {
      const text = found?.AggregatedStatus ?? 'critical';
      return { status: found === undefined ? 404 : statusCodes[text], text };
    }
    if (found === undefined) {
      return { status: 404, json: { AggregatedStatus: 'critical', Service: null, Checks: null } };
    }
    return { status: statusCodes[found.AggregatedStatus], json: found };
  };

  const self = {
    Config: {
      Datacenter: node.datacenter,
      PrimaryDatacenter: node.datacenter,
      NodeName: node.name,
      NodeID: node.id,
      Revision: '',
      Server: true,
      Version: version,
    },
    DebugConfig: {},
    Member: { Name: node.name, Addr: node.address, Port: 0, Tags: {}, Status: 1 },
    Meta: node.meta,
  };

  return [
    { method: 'GET', path: '/v1/agent/self', handle: () => ({ status: 200, json: self }) },
    { method: 'GET', path: '/v1/agent/members', handle: () => ({ status: 200, json: [self.Member] }) },
    {
      method: 'GET',
      path: '/v1/agent/services',
      handle: () => ({
        status: 200,
        json: Object.fromEntries(
          catalog
            .services()
            .filter(({ service }) => own(service))
            .map(({ service }) => [service.id, agentServiceJson(service, node.datacenter)]),
        ),
      }),
    },
    {
      method: 'GET',
      path: '/v1/agent/service/',
      handle({ rest }) {
        const service = catalog.service(rest);
        if (service === undefined || !own(service)) throw new ApiError(404, `unknown service ID: ${rest}`);
        return { status: 200, json: agentServiceJson(service, node.datacenter) };
      },
    },
    { method: 'PUT', path: '/v1/agent/service/register', handle: register },
    {
      method: 'PUT',
      path: '/v1/agent/service/deregister/',
      handle({ rest }) {
        if (!agent.deregisterService(rest)) throw unknownService(rest);
        return done;
      },
    },
    {
      method: 'PUT',
      path: '/v1/agent/service/maintenance/',
      handle({ rest, query }) {
        if (rest === '') throw new ApiError(400, 'Missing service ID');
        const { enable, reason } = maintenance(query);
        if (!agent.maintainService(rest, enable, reason)) throw unknownService(rest);
        return done;
      },
    },
    {
      method: 'PUT',
      path: '/v1/agent/maintenance',
      handle({ query }) {
        const { enable, reason } = maintenance(query);
        agent.maintainNode(enable, reason);
        return done;
      },
    },
    {
      method: 'GET',
      path: '/v1/agent/checks',
      handle: () => ({
        status: 200,
        json: Object.fromEntries(
          catalog
            .checks()
            .filter(({ id }) => id !== aliveCheckId)
            .map((check) => [check.id, checkJson(check, node)]),
        ),
      }),
    },
    { method: 'PUT', path: '/v1/agent/check/register', handle: registerCheck },
    {
      method: 'PUT',
      path: '/v1/agent/check/deregister/',
      handle({ rest }) {
        if (!agent.removeCheck(rest)) throw unknownCheck(rest);
        return done;
      },
    },
    { method: 'PUT', path: '/v1/agent/check/pass/', handle: reporter('passing') },
    { method: 'PUT', path: '/v1/agent/check/warn/', handle: reporter('warning') },
    { method: 'PUT', path: '/v1/agent/check/fail/', handle: reporter('critical') },
    { method: 'PUT', path: '/v1/agent/check/update/', handle: update },
    { method: 'GET', path: '/v1/agent/health/service/id/', handle: healthById },
    {
      method: 'GET',
      path: '/v1/agent/health/service/name/',
      handle({ rest }) {
        const found = health(
          catalog
            .instances(rest)
            .map(({ service }) => service)
            .filter(own),
        );
        const codes = found.map(({ AggregatedStatus }) => statusCodes[AggregatedStatus]);
        return { status: found.length === 0 ? 404 : Math.max(...codes), json: found };
      },
    },
    {
      method: 'GET',
      path: '/v1/agent/version',
      handle: () => ({ status: 200, json: { HumanVersion: version } }),
    },
  ];
}
