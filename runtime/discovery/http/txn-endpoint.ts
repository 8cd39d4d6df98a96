/**
 * `/v1/txn`: several operations on keys, all or none. Operations on nodes, services and checks are answered as far as
 * they read.
 */
import type { Clock } from '../../common/clock.js';
import { DefinitionReader } from '../definition/definition-reader.js';
import type { TxnOperation } from '../state/command.js';
import type { Committer } from '../state/committer.js';
import type { State } from '../state/state.js';
import { nodeJson } from './consul-json.js';
import type { ApiReply, ApiRequest, Endpoint } from './endpoint.js';
import { ApiError } from './endpoint.js';
import { kvJsonText } from './kv-endpoints.js';
import { parseBody, reading } from './request-body.js';

export interface TxnEndpointOptions {
  readonly state: State;
  readonly committer: Committer;
  readonly clock: Clock;
}

/** Consul's `txn_max_req_len` counts octets, its limit of operations is this. */
const maxOperations = 128;
const kvFields = ['Verb', 'Key', 'Value', 'Flags', 'Index', 'Session', 'Namespace', 'Partition'];

const prefix = 'Failed to parse body: ';
const meta =
  '"LastContact":0,"KnownLeader":true,"ConsistencyLevel":"","NotModified":false,"Backend":0,"ResultsFilteredByACLs":false';
const headers = { 'X-Consul-Knownleader': 'true', 'X-Consul-Lastcontact': '0' };

/** @returns the operation, or the verb when there is none of that name */
function readKv(value: unknown, index: number): TxnOperation | { readonly unknown: string } {
  const reader = new DefinitionReader(value, [index, 'KV'], kvFields);
  const verb = reader.text('Verb');
  const key = reader.text('Key');
  const fields = {
    key,
    value: Buffer.from(reader.text('Value'), 'base64').toString('base64'),
    flags: String(reader.has('Flags') ? BigInt(reader.integer('Flags', 0)) : 0),
  };
  switch (verb) {
    case 'set':
      return { verb, ...fields };
    case 'cas':
      return { verb, ...fields, index: reader.integer('Index', 0) };
    case 'lock':
    case 'unlock':
      return { verb, ...fields, session: reader.text('Session') };
    case 'delete':
    case 'delete-tree':
    case 'get':
    case 'get-or-empty':
    case 'get-tree':
    case 'check-not-exists':
      return { verb, key };
    case 'delete-cas':
    case 'check-index':
      return { verb, key, index: reader.integer('Index', 0) };
    case 'check-session':
      return { verb, key, session: reader.text('Session') };
    default:
      return { unknown: verb };
  }
}

/** The endpoint of `/v1/txn`. */
export function txnEndpoint({ state, committer, clock }: TxnEndpointOptions): Endpoint[] {
  /** @param applied false: it did not get as far as the state */
  const failed = (
    errors: readonly { readonly index: number; readonly what: string }[],
    applied = true,
  ): ApiReply => {
    const list = errors.map(({ index, what }) => `{"OpIndex":${index},"What":${JSON.stringify(what)}}`);
    const tail = `"Index":${applied ? 1 : 0},${applied ? meta : meta.replace('true', 'false')}`;
    return {
      status: 409,
      headers: { ...headers, 'X-Consul-Knownleader': String(applied) },
      jsonText: `{"Results":null,"Errors":[${list.join(',')}],${tail}}`,
    };
  };

  /** What is read of the catalog, written as a result. */
  const readNode = (value: unknown, index: number): string => {
    const operation = new DefinitionReader(value, [index, 'Node'], ['Verb', 'Node']);
    if (operation.text('Verb') !== 'get') {
      throw new ApiError(
        501,
        'transactions change keys only; the catalog is changed by /v1/catalog/register',
      );
    }
    const wanted = new DefinitionReader(operation.raw('Node'), operation.pathOf('Node'), [
      'ID',
      'Node',
      'Address',
      'Datacenter',
      'TaggedAddresses',
      'Meta',
      'CreateIndex',
      'ModifyIndex',
      'PeerName',
    ]);
    const node = state.catalog.findNode(wanted.text('ID') || wanted.text('Node'));
    return node === undefined ? '' : `{"Node":${JSON.stringify(nodeJson(node))}}`;
  };

  const handle = async ({ body }: ApiRequest): Promise<ApiReply> => {
    const list = parseBody(body, prefix);
    if (!Array.isArray(list)) {
      const kind = list === null || typeof list === 'object' ? 'object' : typeof list;
      throw new ApiError(400, `${prefix}json: cannot unmarshal ${kind} into Go value of type api.TxnOps`);
    }
    if (list.length > maxOperations) {
      throw new ApiError(413, `Transaction contains too many operations (${list.length} > ${maxOperations})`);
    }
    const operations: TxnOperation[] = [];
    const read: string[] = [];
    for (const [index, value] of list.entries()) {
      const reader = reading(() => new DefinitionReader(value, [index], ['KV', 'Node', 'Service', 'Check']));
      if (reader.has('Service') || reader.has('Check')) {
        throw new ApiError(
          501,
          'transactions on services and checks are not built in; they need a Consul agent',
        );
      }
      if (reader.has('Node')) {
        const found = reading(() => readNode(reader.raw('Node'), index));
        if (found !== '') read.push(found);
        continue;
      }
      const operation = reading(() => readKv(reader.raw('KV'), index));
      if ('unknown' in operation) {
        return failed([{ index, what: `unknown KV operation: ${operation.unknown}` }], false);
      }
      operations.push(operation);
    }
    const only = operations.every(({ verb }) => verb.startsWith('get') || verb.startsWith('check'));
    const command = { op: 'txn', operations, at: clock.wallTime() } as const;
    // What only reads is not worth a place in the journal.
    const outcome = only ? state.execute(command) : await committer.commit(command);
    if (outcome.kind === 'txn-failed') return failed(outcome.errors);
    const results = outcome.kind === 'txn' ? outcome.results : [];
    const texts = [...results.map((one) => `{"KV":${kvJsonText(one, one.hideValue)}}`), ...read];
    const tail = only ? `,"Index":1,${meta}` : '';
    return {
      status: 200,
      ...(only ? { headers } : {}),
      jsonText: `{"Results":[${texts.join(',')}],"Errors":null${tail}}`,
    };
  };
  return [{ method: 'PUT', path: '/v1/txn', handle }];
}
