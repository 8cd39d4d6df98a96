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

const message = 'envoy.extensions.filters.http.header_mutation.v3.';

interface Mutations {
  readonly request: HeaderMutation | undefined;
  readonly requestTrailers: HeaderMutation | undefined;
  readonly response: HeaderMutation | undefined;
  readonly responseTrailers: HeaderMutation | undefined;
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

  decodeHeaders({ headers }: RequestHead): FilterStatus {
    return this.mutate('request', headers);
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
  private mutate(which: keyof Mutations, headers: HeaderList): FilterStatus {
    const { callbacks, mostSpecificWins } = this;
    this.own[which]?.(headers, callbacks.info);
    const levels = callbacks.routeConfigs as readonly Mutations[];
    for (let at = 0; at < levels.length; at++) {
      const level = levels[mostSpecificWins ? at : levels.length - 1 - at] as Mutations;
      level[which]?.(headers, callbacks.info);
    }
    return 'continue';
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
    response_mutations: true,
    response_trailers_mutations: true,
    request_trailers_mutations: true,
  },
  'envoy.config.common.mutation_rules.v3.HeaderMutation': {
    remove: true,
    append: true,
    remove_on_match: true,
  },
  'envoy.config.common.mutation_rules.v3.HeaderMutation.RemoveOnMatch': { key_matcher: true },
};
