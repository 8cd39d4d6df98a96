/**
 * All that discovery knows, and the one place that changes it.
 */
import { Agent } from '../agent.js';
import type { Catalog, CatalogDump } from '../catalog/catalog.js';
import type { Clock } from '../../common/clock.js';
import type { Logger } from '../../common/logger.js';
import type { Command, TxnOperation } from './command.js';
import type { KvChange, KvDump, KvEntry } from './kv-store.js';
import { KvStore } from './kv-store.js';
import type { QueryDump } from './query-store.js';
import { QueryStore } from './query-store.js';
import type { SessionDump } from './session-store.js';
import { SessionStore } from './session-store.js';

/** What a command came to. Refusals are for the client: everything that could be known before was checked before. */
export type Outcome =
  | { readonly kind: 'done' }
  /** There is nothing of that id. */
  | { readonly kind: 'unknown' }
  | { readonly kind: 'refused'; readonly reason: string }
  /** A comparison or lock that did not come about. */
  | { readonly kind: 'false' }
  | { readonly kind: 'txn'; readonly results: readonly (KvEntry & { readonly hideValue: boolean })[] }
  | {
      readonly kind: 'txn-failed';
      readonly errors: readonly { readonly index: number; readonly what: string }[];
    };

export interface StateDump {
  readonly catalog: CatalogDump;
  readonly kv: KvDump;
  readonly sessions: SessionDump;
  readonly queries: QueryDump;
  readonly reportedAt: readonly (readonly [checkId: string, at: number])[];
}

export interface StateOptions {
  readonly catalog: Catalog;
  readonly clock: Clock;
  readonly logger?: Pick<Logger, 'info' | 'warning'>;
  /** Where changes go that time makes; default: they are made at once. */
  readonly commit?: (command: Command) => void;
  /** False: nothing happens by itself before `start`. Default true. */
  readonly started?: boolean;
}

const done: Outcome = { kind: 'done' };
const unknown: Outcome = { kind: 'unknown' };

export class State {
  readonly catalog: Catalog;
  readonly kv: KvStore;
  readonly sessions: SessionStore;
  readonly queries: QueryStore;
  readonly agent: Agent;

  constructor(options: StateOptions) {
    const { catalog, clock, logger, started = true } = options;
    const commit = options.commit ?? ((command: Command) => void this.execute(command));
    this.catalog = catalog;
    this.kv = new KvStore(catalog);
    this.sessions = new SessionStore(catalog, this.kv);
    this.queries = new QueryStore(catalog);
    this.agent = new Agent({ catalog, clock, commit, started, ...(logger === undefined ? {} : { logger }) });
  }

  execute(command: Command): Outcome {
    const { agent, catalog, sessions, queries } = this;
    switch (command.op) {
      case 'register-service':
        agent.registerService(command.registration, command.origin, command.replaceChecks, command.at);
        return done;
      case 'deregister-service':
        if (command.whileCritical !== undefined) {
          agent.apply(command);
          return done;
        }
        return agent.deregisterService(command.id) ? done : unknown;
      case 'register-check':
        if (command.serviceId !== '' && catalog.service(command.serviceId) === undefined) return unknown;
        agent.registerCheck(command.check, command.serviceId, 'api', command.at);
        return done;
      case 'deregister-check':
        return agent.removeCheck(command.id) ? done : unknown;
      case 'report':
        return agent.report(command.id, command.status, command.output, command.at) === 'done'
          ? done
          : unknown;
      case 'status':
        agent.apply(command);
        return done;
      case 'maintain-service':
        return agent.maintainService(command.id, command.enable, command.reason) ? done : unknown;
      case 'maintain-node':
        agent.maintainNode(command.enable, command.reason);
        return done;
      case 'catalog-register':
        return this.#register(command);
      case 'catalog-deregister':
        return this.#deregister(command);
      case 'kv':
        return this.#changeKey(command.change, command.at);
      case 'txn':
        return this.#transact(command.operations, command.at);
      case 'session-create':
        sessions.create(command.session);
        return done;
      case 'session-destroy':
        sessions.destroy(command.id, command.at);
        return done;
      case 'query-put': {
        const reason = queries.refusal(command.query);
        if (reason !== undefined) return { kind: 'refused', reason };
        queries.put(command.query);
        return done;
      }
      case 'query-delete':
        queries.delete(command.id);
        return done;
    }
  }

  dump(): StateDump {
    return {
      catalog: this.catalog.dump(),
      kv: this.kv.dump(),
      sessions: this.sessions.dump(),
      queries: this.queries.dump(),
      reportedAt: this.agent.dump(),
    };
  }

  restore(dump: StateDump): void {
    this.catalog.restore(dump.catalog);
    this.kv.restore(dump.kv);
    this.sessions.restore(dump.sessions);
    this.queries.restore(dump.queries);
    this.agent.restore(dump.reportedAt);
  }

  #register({ node, nodeName, service, checks }: Extract<Command, { op: 'catalog-register' }>): Outcome {
    const { catalog } = this;
    const isSelf = nodeName.toLowerCase() === catalog.node.name.toLowerCase();
    if (node !== undefined && !isSelf) catalog.putNode(node);
    if (catalog.findNode(nodeName) === undefined) {
      return { kind: 'refused', reason: 'Must provide address if SkipNodeUpdate is not set' };
    }
    const name = catalog.findNode(nodeName)?.name ?? nodeName;
    if (service !== undefined) {
      const known = catalog.service(service.id, name);
      // What an agent registered is the agent's; only its tags may be changed here, when it allows that.
      if (known === undefined || known.origin === 'catalog') catalog.putService(service, 'catalog', name);
      else if (known.enableTagOverride) catalog.setTags(service.id, service.tags, name);
    }
    for (const { check, serviceId, output } of checks) {
      if (serviceId !== '' && catalog.service(serviceId, name) === undefined) {
        return { kind: 'refused', reason: `Unknown service ID '${serviceId}' for check ID '${check.id}'` };
      }
      catalog.putCheck(check, serviceId, catalog.check(check.id, name)?.origin ?? 'catalog', name);
      catalog.report(check.id, check.status, output, name);
    }
    return done;
  }

  #deregister(command: Extract<Command, { op: 'catalog-deregister' }>): Outcome {
    const { catalog, agent } = this;
    const { node, serviceId, checkId } = command;
    const isSelf = node.toLowerCase() === catalog.node.name.toLowerCase();
    if (serviceId !== '') {
      if (isSelf) agent.deregisterService(serviceId);
      else catalog.removeService(serviceId, node);
    } else if (checkId !== '') {
      if (isSelf) agent.removeCheck(checkId);
      else catalog.removeCheck(checkId, node);
    } else {
      catalog.removeNode(node);
    }
    return done;
  }

  #changeKey(change: KvChange, at: number): Outcome {
    if (change.verb === 'lock' && this.sessions.get(change.session) === undefined) {
      return { kind: 'refused', reason: `invalid session ${JSON.stringify(change.session)}` };
    }
    return this.kv.change(change, at) ? done : { kind: 'false' };
  }

  /** All or nothing: what was done is undone at the first failure. */
  #transact(operations: readonly TxnOperation[], at: number): Outcome {
    const results: (KvEntry & { hideValue: boolean })[] = [];
    const errors: { index: number; what: string }[] = [];
    this.kv.together(() => {
      for (const [index, operation] of operations.entries()) {
        const what = this.#one(operation, at, results);
        if (what === undefined) continue;
        errors.push({ index, what });
        return false;
      }
      return true;
    });
    return errors.length > 0 ? { kind: 'txn-failed', errors } : { kind: 'txn', results };
  }

  /** @returns why it failed */
  #one(
    operation: TxnOperation,
    at: number,
    results: (KvEntry & { hideValue: boolean })[],
  ): string | undefined {
    const { key } = operation;
    const entry = this.kv.get(key);
    const give = (entries: readonly KvEntry[], hideValue: boolean): undefined => {
      for (const one of entries) results.push({ ...one, hideValue });
      return undefined;
    };
    switch (operation.verb) {
      case 'get':
        return entry === undefined ? `key "${key}" doesn't exist` : give([entry], false);
      case 'get-or-empty':
        return give([entry ?? missing(key)], false);
      case 'get-tree':
        return give(this.kv.below(key), false);
      case 'check-not-exists':
        return entry === undefined ? undefined : `key "${key}" exists`;
      case 'check-index':
        if (entry === undefined) return `failed index check for key "${key}", key doesn't exist`;
        return entry.modifyIndex === operation.index
          ? give([entry], true)
          : `current modify index ${entry.modifyIndex} does not match requested ${operation.index} for key "${key}"`;
      case 'check-session':
        if (entry === undefined) return `failed session check for key "${key}", key doesn't exist`;
        return entry.session === operation.session
          ? give([entry], true)
          : `current session ${JSON.stringify(entry.session ?? '')} does not match requested ${JSON.stringify(operation.session)} for key "${key}"`;
      default: {
        const outcome = this.#changeKey(operation, at);
        if (outcome.kind === 'refused') return outcome.reason;
        if (outcome.kind === 'false') {
          return operation.verb === 'lock'
            ? `failed to lock key "${key}", lock is already held`
            : `failed to ${operation.verb} key "${key}", index is stale`;
        }
        const now = this.kv.get(key);
        return now === undefined || operation.verb.startsWith('delete') ? undefined : give([now], true);
      }
    }
  }
}

function missing(key: string): KvEntry {
  return { key, value: '', flags: '0', lockIndex: 0, createIndex: 0, modifyIndex: 0 };
}
