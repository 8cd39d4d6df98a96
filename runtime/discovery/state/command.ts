/**
 * Everything that changes the state, as plain JSON. A command says what is to be done with all that the outcome depends
 * on besides the state itself (ids, wall time), so that doing it again from a journal gives the same state.
 */
import type { Registration, TimedChange } from '../agent.js';
import type {
  CheckDefinition,
  CheckStatus,
  NodeDefinition,
  Origin,
  ServiceDefinition,
} from '../catalog/catalog.js';
import type { KvChange } from './kv-store.js';
import type { QueryDefinition } from './query-store.js';
import type { SessionDefinition } from './session-store.js';

/** Wall time, milliseconds since the epoch. */
interface Timed {
  readonly at: number;
}

/** What `/v1/txn` can do to keys: changes, and questions that may fail the whole. */
export type TxnOperation =
  | KvChange
  | { readonly verb: 'get' | 'get-or-empty' | 'get-tree' | 'check-not-exists'; readonly key: string }
  | { readonly verb: 'check-index'; readonly key: string; readonly index: number }
  | { readonly verb: 'check-session'; readonly key: string; readonly session: string };

export type Command =
  | ({
      readonly op: 'register-service';
      readonly registration: Registration;
      readonly origin: Origin;
      readonly replaceChecks: boolean;
    } & Timed)
  | ({ readonly op: 'register-check'; readonly check: CheckDefinition; readonly serviceId: string } & Timed)
  | { readonly op: 'deregister-check'; readonly id: string }
  | ({
      readonly op: 'report';
      readonly id: string;
      readonly status: CheckStatus;
      readonly output: string;
    } & Timed)
  /** Also what is not asked for: a TTL that ran out, a probe, a service that was unwell for too long. */
  | TimedChange
  | {
      readonly op: 'maintain-service';
      readonly id: string;
      readonly enable: boolean;
      readonly reason: string;
    }
  | { readonly op: 'maintain-node'; readonly enable: boolean; readonly reason: string }
  | {
      readonly op: 'catalog-register';
      /** undefined: it stays as it is. */
      readonly node: NodeDefinition | undefined;
      readonly nodeName: string;
      readonly service: ServiceDefinition | undefined;
      readonly checks: readonly {
        readonly check: CheckDefinition;
        readonly serviceId: string;
        readonly output: string;
      }[];
    }
  | {
      readonly op: 'catalog-deregister';
      readonly node: string;
      readonly serviceId: string;
      readonly checkId: string;
    }
  | ({ readonly op: 'kv'; readonly change: KvChange } & Timed)
  | ({ readonly op: 'txn'; readonly operations: readonly TxnOperation[] } & Timed)
  | { readonly op: 'session-create'; readonly session: SessionDefinition }
  | ({ readonly op: 'session-destroy'; readonly id: string } & Timed)
  | { readonly op: 'query-put'; readonly query: QueryDefinition }
  | { readonly op: 'query-delete'; readonly id: string };
