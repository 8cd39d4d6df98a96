/**
 * `/v1/kv`: keys and values, with comparisons and locks.
 */
import type { Clock } from '../../common/clock.js';
import type { Committer } from '../state/committer.js';
import type { KvChange, KvEntry } from '../state/kv-store.js';
import type { State } from '../state/state.js';
import type { BlockingQueries, Question } from './blocking-query.js';
import { checkConsistency } from './blocking-query.js';
import type { ApiReply, ApiRequest, Endpoint } from './endpoint.js';
import { ApiError } from './endpoint.js';

export interface KvEndpointOptions {
  readonly state: State;
  readonly committer: Committer;
  readonly queries: BlockingQueries;
  readonly clock: Clock;
}

/** Largest value, bytes (Consul's `kv_max_value_size`). */
const maxValueBytes = 524_288;
const maxUint64 = 18_446_744_073_709_551_615n;

/** Written by hand: flags may be above what a JavaScript number holds. */
export function kvJsonText(entry: KvEntry, hideValue = false): string {
  const value = hideValue || entry.value === '' ? 'null' : JSON.stringify(entry.value);
  const session = entry.session === undefined ? '' : `"Session":${JSON.stringify(entry.session)},`;
  return (
    `{"LockIndex":${entry.lockIndex},"Key":${JSON.stringify(entry.key)},"Flags":${entry.flags},` +
    `"Value":${value},${session}"CreateIndex":${entry.createIndex},"ModifyIndex":${entry.modifyIndex}}`
  );
}

function number(query: URLSearchParams, name: string): string {
  const text = query.get(name) ?? '0';
  if (!/^\d+$/.test(text) || BigInt(text) > maxUint64) {
    throw new ApiError(400, `strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`);
  }
  return BigInt(text).toString();
}

/** Keys below a prefix; with a separator they end at its first place behind the prefix. */
function keysJson(entries: readonly KvEntry[], prefix: string, separator: string): string[] {
  const found = new Set<string>();
  for (const { key } of entries) {
    const at = separator === '' ? -1 : key.indexOf(separator, prefix.length);
    found.add(at < 0 ? key : key.slice(0, at + separator.length));
  }
  return [...found];
}

/** All endpoints of `/v1/kv`. */
export function kvEndpoints({ state, committer, queries, clock }: KvEndpointOptions): Endpoint[] {
  const { kv, catalog } = state;

  const question = ({ rest, query }: ApiRequest): Question => {
    if (query.has('keys')) {
      const separator = query.get('separator') ?? '';
      return {
        indexOf: () => kv.index,
        exists: () => kv.has(rest),
        answer() {
          const entries = kv.below(rest);
          return entries.length === 0 ? { status: 404 } : { json: keysJson(entries, rest, separator) };
        },
      };
    }
    if (query.has('recurse')) {
      return {
        indexOf: () => kv.index,
        exists: () => kv.has(rest),
        answer() {
          const entries = kv.below(rest);
          if (entries.length === 0) return { status: 404 };
          return { jsonText: `[${entries.map((entry) => kvJsonText(entry)).join(',')}]` };
        },
      };
    }
    if (rest === '') throw new ApiError(400, 'Missing key name');
    return {
      indexOf: () => kv.get(rest)?.modifyIndex ?? kv.index,
      exists: () => kv.get(rest) !== undefined,
      answer() {
        const entry = kv.get(rest);
        if (entry === undefined) return { status: 404 };
        if (!query.has('raw')) return { jsonText: `[${kvJsonText(entry)}]` };
        return {
          octets: Buffer.from(entry.value, 'base64'),
          // A browser must not take somebody's value for a page.
          headers: { 'Content-Type': 'text/plain', 'Content-Security-Policy': 'sandbox' },
        };
      },
    };
  };

  const change = async (one: KvChange): Promise<ApiReply> => {
    const outcome = await committer.commit({ op: 'kv', change: one, at: clock.wallTime() });
    if (outcome.kind === 'refused') throw new ApiError(500, `raft apply failed: ${outcome.reason}`);
    return { status: 200, json: outcome.kind === 'done' };
  };

  const put = ({ rest, query, octets }: ApiRequest): Promise<ApiReply> => {
    checkConsistency(query, catalog.node.datacenter);
    if (rest === '') throw new ApiError(400, 'Missing key name');
    const exclusive = ['cas', 'acquire', 'release'].filter((name) => query.has(name));
    if (exclusive.length > 1) {
      throw new ApiError(400, `Conflicting flags: ${query.toString()}`);
    }
    const fields = { key: rest, value: octets.toString('base64'), flags: number(query, 'flags') };
    const acquire = query.get('acquire');
    const release = query.get('release');
    if (query.has('cas')) return change({ verb: 'cas', ...fields, index: Number(number(query, 'cas')) });
    if (acquire !== null) return change({ verb: 'lock', ...fields, session: acquire });
    if (release !== null) return change({ verb: 'unlock', ...fields, session: release });
    return change({ verb: 'set', ...fields });
  };

  const remove = ({ rest, query }: ApiRequest): Promise<ApiReply> => {
    checkConsistency(query, catalog.node.datacenter);
    if (query.has('recurse')) {
      if (query.has('cas')) throw new ApiError(400, 'Conflicting flags: cas=, recurse');
      return change({ verb: 'delete-tree', key: rest });
    }
    if (rest === '') throw new ApiError(400, 'Missing key name');
    if (!query.has('cas')) return change({ verb: 'delete', key: rest });
    return change({ verb: 'delete-cas', key: rest, index: Number(number(query, 'cas')) });
  };

  return [
    {
      method: 'GET',
      path: '/v1/kv/',
      handle: (request) => queries.answer(request, { ...question(request), tellConsistency: false }),
    },
    { method: 'PUT', path: '/v1/kv/', maxBodyBytes: maxValueBytes, handle: put },
    { method: 'DELETE', path: '/v1/kv/', handle: remove },
  ];
}
