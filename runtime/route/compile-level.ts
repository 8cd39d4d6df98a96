/**
 * A message with header mutations and filter configurations of its own, from which routes inherit: a route configuration, a
 * virtual host, a route or a weighted cluster.
 */
import type { Fields } from '../common/message-fields.js';
import { messageOf, typeNameOf } from '../common/message-fields.js';
import { under } from '../network/config-path.js';
import { ConfigError } from '../network/filter.js';
import { compileHeaderMutation } from './compile-header-mutation.js';
import type { CompileFilterConfig, HeaderMutation, RouteFilterConfig } from './route-table.js';

/** What one level says of one filter. */
interface LevelFilterConfig {
  readonly disabled: boolean;
  /** undefined: it only turns the filter on or off. */
  readonly config: unknown;
}

export interface Level {
  readonly config: Fields;
  readonly request: HeaderMutation | undefined;
  readonly response: HeaderMutation | undefined;
  readonly filterConfigs: ReadonlyMap<string, LevelFilterConfig>;
  /** The deprecated `cors` field, compiled; undefined when it is not set. */
  readonly olderCors: unknown;
}

const wrapper = 'envoy.config.route.v3.FilterConfig';
const corsFilter = 'envoy.filters.http.cors';
const corsPolicy = 'type.googleapis.com/envoy.extensions.filters.http.cors.v3.CorsPolicy';

function compileOne(name: string, given: Fields, compile: CompileFilterConfig): LevelFilterConfig {
  if (typeNameOf(given) !== wrapper) return { disabled: false, config: compile(name, given) };
  if (given.disabled === true) return { disabled: true, config: undefined };
  if (given.config === undefined) {
    throw new ConfigError(`Empty route/virtual host per filter configuration for ${name} filter`);
  }
  const config = messageOf(given.config);
  // A configuration without a type turns on a filter that is off by default.
  if (typeNameOf(config) === '') return { disabled: false, config: undefined };
  return { disabled: false, config: under(() => compile(name, config), 'config') };
}

function compileFilterConfigs(config: Fields, compile: CompileFilterConfig): Level['filterConfigs'] {
  const found = new Map<string, LevelFilterConfig>();
  const given = messageOf(config.typed_per_filter_config);
  for (const [name, one] of Object.entries(given)) {
    found.set(
      name,
      under(() => compileOne(name, messageOf(one), compile), 'typed_per_filter_config', name),
    );
  }
  return found;
}

/**
 * The older place of CORS policies, `cors` of a virtual host or of a route's action: counts where no level has a
 * configuration of the filter in the newer one.
 */
function olderCorsPolicy(config: Fields, compile: CompileFilterConfig): unknown {
  const policy = config.cors ?? messageOf(config.route).cors;
  if (policy === undefined) return undefined;
  return under(
    () => compile(corsFilter, { ...messageOf(policy), '@type': corsPolicy }),
    ...(config.cors === undefined ? ['route', 'cors'] : ['cors']),
  );
}

/** @throws ConfigError with the path inside the message */
export function compileLevel(config: Fields, compile: CompileFilterConfig): Level {
  return {
    config,
    request: compileHeaderMutation(config, 'request'),
    response: compileHeaderMutation(config, 'response'),
    filterConfigs: compileFilterConfigs(config, compile),
    olderCors: olderCorsPolicy(config, compile),
  };
}

/** @param outwards the most specific level first */
export function joinFilterConfigs(outwards: readonly Level[]): ReadonlyMap<string, RouteFilterConfig> {
  const joined = new Map<string, RouteFilterConfig>();
  for (const { filterConfigs } of outwards) {
    for (const [name, { config, disabled }] of filterConfigs) {
      const inner = joined.get(name);
      joined.set(name, {
        disabled: inner?.disabled ?? disabled,
        mostSpecific: inner?.mostSpecific ?? config,
        all: config === undefined ? (inner?.all ?? []) : [config, ...(inner?.all ?? [])],
      });
    }
  }
  return joined;
}

/** Policies in the older place, the least specific level first. @param outwards the most specific level first */
export function joinOlderCors(outwards: readonly Level[]): readonly unknown[] {
  return outwards.flatMap(({ olderCors }) => (olderCors === undefined ? [] : [olderCors])).toReversed();
}
