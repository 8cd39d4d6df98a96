/**
 * `envoy.filters.http.header_mutation`: changes headers and trailers of requests and responses, by the filter's own
 * configuration and by those of the routes, one after the other.
 */
import type { HeaderList } from '../../../common/header-list.js';
import { messageOf } from '../../../common/message-fields.js';
import type { SupportedFields } from '../../../config/supported-fields.js';
import type { RequestHead, ResponseHead } from '../../../http/codec.js';
import type {
  FilterStatus,
  HttpFilterFactory,
  StreamFilter,
  StreamFilterCallbacks,
} from '../../../http/filter.js';
import { under } from '../../../network/config-path.js';
import type { HeaderMutation } from '../../../route/route-table.js';
import { compileMutations } from './compile-mutations.js';
import type { QueryMutation } from './compile-query-mutations.js';
import { compileQueryMutations } from './compile-query-mutations.js';

const message = 'envoy.extensions.filters.http.header_mutation.v3.';

interface Mutations {
  readonly request: HeaderMutation | undefined;
  readonly requestTrailers: HeaderMutation | undefined;
  readonly response: HeaderMutation | undefined;
  readonly responseTrailers: HeaderMutation | undefined;
  readonly query: QueryMutation | undefined;
}

function compile(config: unknown): Mutations {
  const mutations = messageOf(messageOf(config).mutations);
  const list = (field: string, direction: 'request' | 'response') =>
    under(() => compileMutations(mutations[field], direction), 'mutations', field);
  return {
    request: list('request_mutations', 'request'),
    requestTrailers: list('request_trailers_mutations', 'request'),
    response: list('response_mutations', 'response'),
    responseTrailers: list('response_trailers_mutations', 'response'),
    query: under(
      () => compileQueryMutations(mutations.query_parameter_mutations),
      'mutations',
      'query_parameter_mutations',
    ),
  };
}

class MutatedStream implements StreamFilter {
  private readonly callbacks: StreamFilterCallbacks;
  private readonly own: Mutations;
  private readonly mostSpecificWins: boolean;

  constructor(callbacks: StreamFilterCallbacks, own: Mutations, mostSpecificWins: boolean) {
    this.callbacks = callbacks;
    this.own = own;
    this.mostSpecificWins = mostSpecificWins;
  }

  decodeHeaders(head: RequestHead): FilterStatus {
    const { callbacks } = this;
    this.mutate('request', head.headers);
    if (this.own.query !== undefined) head.path = this.own.query(head.path, callbacks.info);
    for (const level of this.levels()) {
      if (level.query !== undefined) head.path = level.query(head.path, callbacks.info);
    }
    return 'continue';
  }

  decodeTrailers(trailers: HeaderList): FilterStatus {
    return this.mutate('requestTrailers', trailers);
  }

  encodeHeaders({ headers }: ResponseHead): FilterStatus {
    return this.mutate('response', headers);
  }

  encodeTrailers(trailers: HeaderList): FilterStatus {
    return this.mutate('responseTrailers', trailers);
  }

  /** The filter's own first; of the routes' the one that is to win comes last. */
  private mutate(which: Exclude<keyof Mutations, 'query'>, headers: HeaderList): FilterStatus {
    const { info } = this.callbacks;
    this.own[which]?.(headers, info);
    for (const level of this.levels()) level[which]?.(headers, info);
    return 'continue';
  }

  private levels(): readonly Mutations[] {
    const levels = this.callbacks.routeConfigs as readonly Mutations[];
    return this.mostSpecificWins || levels.length < 2 ? levels : levels.toReversed();
  }
}

/** `envoy.extensions.filters.http.header_mutation.v3.HeaderMutation`. */
export const headerMutationFilterFactory: HttpFilterFactory = {
  kind: 'stream',
  create(config) {
    const own = compile(config);
    const mostSpecificWins = messageOf(config).most_specific_header_mutations_wins === true;
    return (callbacks) => new MutatedStream(callbacks, own, mostSpecificWins);
  },
  routeConfig: { type: `${message}HeaderMutationPerRoute`, create: compile },
};

export const headerMutationSupportedFields: SupportedFields = {
  [`${message}HeaderMutation`]: { mutations: true, most_specific_header_mutations_wins: true },
  [`${message}HeaderMutationPerRoute`]: { mutations: true },
  [`${message}Mutations`]: {
    request_mutations: true,
    query_parameter_mutations: true,
    response_mutations: true,
    response_trailers_mutations: true,
    request_trailers_mutations: true,
  },
  'envoy.config.common.mutation_rules.v3.HeaderMutation': {
    remove: true,
    append: true,
    remove_on_match: true,
  },
  'envoy.config.core.v3.KeyValueMutation': { append: true, remove: true },
  'envoy.config.core.v3.KeyValueAppend': { record: true, action: true },
  'envoy.config.core.v3.KeyValuePair': { key: true, value: true },
  'envoy.config.common.mutation_rules.v3.HeaderMutation.RemoveOnMatch': { key_matcher: true },
};
