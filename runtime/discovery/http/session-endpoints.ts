/**
 * `/v1/session`: what locks are held by.
 */
import { randomUUID } from 'node:crypto';
import type { Clock } from '../../common/clock.js';
import { aliveCheckId } from '../catalog/health.js';
import { DefinitionReader } from '../definition/definition-reader.js';
import { goDurationText, parseGoDuration } from '../definition/go-duration.js';
import type { Committer } from '../state/committer.js';
import type { Session, SessionDefinition } from '../state/session-store.js';
import type { SessionTimers } from '../state/session-timers.js';
import type { State } from '../state/state.js';
import type { BlockingQueries } from './blocking-query.js';
import type { ApiReply, ApiRequest, Endpoint } from './endpoint.js';
import { ApiError } from './endpoint.js';
import { parseBody, reading } from './request-body.js';

export interface SessionEndpointOptions {
  readonly state: State;
  readonly committer: Committer;
  readonly queries: BlockingQueries;
  readonly timers: SessionTimers;
  readonly clock: Clock;
}

const fields = [
  'ID',
  'Name',
  'Node',
  'TTL',
  'Behavior',
  'LockDelay',
  'Checks',
  'NodeChecks',
  'ServiceChecks',
  'Datacenter',
];
const defaultLockDelayMs = 15_000;
const leastTtlMs = 10_000;
const mostTtlMs = 86_400_000;

function sessionJson(session: Session) {
  return {
    ID: session.id,
    Name: session.name,
    Node: session.node,
    LockDelay: session.lockDelayMs * 1e6,
    Behavior: session.behavior,
    TTL: session.ttl,
    NodeChecks: session.nodeChecks,
    ServiceChecks: session.serviceChecks.length === 0 ? null : session.serviceChecks,
    CreateIndex: session.createIndex,
    ModifyIndex: session.modifyIndex,
  };
}

function readTtl(ttl: string): number {
  if (ttl === '') return 0;
  const ms = parseGoDuration(ttl);
  if (ms === undefined) {
    throw new ApiError(500, `Session TTL '${ttl}' invalid: time: invalid duration ${JSON.stringify(ttl)}`);
  }
  if (ms !== 0 && (ms < leastTtlMs || ms > mostTtlMs)) {
    const range = `[${goDurationText(leastTtlMs)}=${goDurationText(mostTtlMs)}]`;
    throw new ApiError(500, `Invalid Session TTL '${Math.round(ms * 1e6)}', must be between ${range}`);
  }
  return ms;
}

/** All endpoints below `/v1/session`. */
export function sessionEndpoints(options: SessionEndpointOptions): Endpoint[] {
  const { state, committer, queries, timers, clock } = options;
  const { catalog, sessions } = state;

  const read = (body: string): SessionDefinition => {
    const reader = reading(() => new DefinitionReader(body.trim() === '' ? {} : parseBody(body), [], fields));
    const nodeChecks = reading(() => reader.texts('NodeChecks'));
    const checks = reading(() => reader.texts('Checks'));
    const behavior = reading(() => reader.text('Behavior')) || 'release';
    const ttl = reading(() => reader.text('TTL'));
    const ttlMs = readTtl(ttl);
    if (behavior !== 'release' && behavior !== 'delete') {
      throw new ApiError(500, `Invalid Behavior setting '${behavior}'`);
    }
    const node = reading(() => reader.text('Node')) || catalog.node.name;
    if (catalog.findNode(node) === undefined)
      throw new ApiError(500, `raft apply failed: Missing node registration`);
    const serviceChecks = reading(() => reader.list('ServiceChecks')).map(([value, path]) =>
      reading(() => new DefinitionReader(value, path, ['ID', 'Namespace']).text('ID')),
    );
    const named =
      reader.has('NodeChecks') || reader.has('Checks') ? [...nodeChecks, ...checks] : [aliveCheckId];
    for (const id of [...named, ...serviceChecks]) {
      const check = catalog.check(id, node);
      if (check === undefined)
        throw new ApiError(500, `raft apply failed: Missing check '${id}' registration`);
      if (check.status === 'critical') {
        throw new ApiError(500, `raft apply failed: Check '${id}' is in critical state`);
      }
    }
    return {
      id: randomUUID(),
      name: reading(() => reader.text('Name')),
      node,
      lockDelayMs: reading(() => lockDelay(reader)),
      behavior,
      ttl,
      ttlMs,
      nodeChecks: named,
      serviceChecks,
    };
  };

  const create = async ({ body }: ApiRequest): Promise<ApiReply> => {
    const session = read(body);
    await committer.commit({ op: 'session-create', session });
    return { status: 200, json: { ID: session.id } };
  };

  const destroy = async ({ rest }: ApiRequest): Promise<ApiReply> => {
    if (rest === '') throw new ApiError(400, 'Missing session');
    if (sessions.get(rest) !== undefined) {
      await committer.commit({ op: 'session-destroy', id: rest, at: clock.wallTime() });
    }
    return { status: 200, json: true };
  };

  const list = (request: ApiRequest, wanted: (session: Session) => boolean): Promise<ApiReply> =>
    queries.answer(request, {
      indexOf: () => sessions.index,
      tellConsistency: false,
      answer: () => ({ json: sessions.all().filter(wanted).map(sessionJson) }),
    });

  return [
    { method: 'PUT', path: '/v1/session/create', handle: create },
    { method: 'PUT', path: '/v1/session/destroy/', handle: destroy },
    {
      method: 'PUT',
      path: '/v1/session/renew/',
      handle({ rest }) {
        const session = sessions.get(rest);
        if (session === undefined) throw new ApiError(404, `Session id '${rest}' not found`);
        timers.renew(rest);
        return { status: 200, json: [sessionJson(session)] };
      },
    },
    {
      method: 'GET',
      path: '/v1/session/info/',
      handle: (request) => list(request, ({ id }) => id === request.rest),
    },
    {
      method: 'GET',
      path: '/v1/session/node/',
      handle: (request) => list(request, ({ node }) => node.toLowerCase() === request.rest.toLowerCase()),
    },
    { method: 'GET', path: '/v1/session/list', handle: (request) => list(request, () => true) },
  ];
}

/** A duration as text, or a number: nanoseconds, or seconds when it is too small for that (as Consul reads it). */
function lockDelay(reader: DefinitionReader): number {
  if (!reader.has('LockDelay')) return defaultLockDelayMs;
  const raw = reader.raw('LockDelay');
  if (typeof raw === 'number' && raw > 0 && raw < 1000) return raw * 1000;
  return Math.max(0, reader.duration('LockDelay') ?? defaultLockDelayMs);
}
