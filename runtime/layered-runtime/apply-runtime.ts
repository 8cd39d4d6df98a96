/**
 * A bootstrap and the values of the layered runtime -> the bootstrap as it is to be served now. Every field that has a
 * `runtime_key` gets the value of that key in the place of its default, and settings that Envoy reads from keys of its own
 * get theirs. What serves needs to know of no runtime, and a changed value comes into force as a changed configuration does.
 */
import { table } from '../../dsl/api/generated/table.js';
import type { Fields } from '../common/message-fields.js';
import { durationOf, messageOf, messagesOf, textOf, typeNameOf } from '../common/message-fields.js';
import { fieldsOfType } from '../config/field-types.js';
import type { RuntimeSnapshot } from './layered-runtime.js';
import { integerOf, percentOf } from './runtime-entry.js';

type Change = (message: Fields, runtime: RuntimeSnapshot) => Fields;

const core = 'envoy.config.core.v3.';
const seconds = (ms: number): string => `${ms / 1000}s`;

/** A message with other values of some fields; the same one when none of them is known. */
function withFields(message: Fields, fields: Readonly<Record<string, unknown>>): Fields {
  const known = Object.entries(fields).filter(([, value]) => value !== undefined);
  return known.length === 0 ? message : { ...message, ...Object.fromEntries(known) };
}

const byKey =
  (read: (runtime: RuntimeSnapshot, key: string) => unknown): Change =>
  (message, runtime) =>
    withFields(message, { default_value: read(runtime, textOf(message.runtime_key)) });

/** Fields of outlier detection that have a key of their name, `outlier_detection.NAME`. */
const outlierNumbers = [
  'consecutive_5xx',
  'consecutive_gateway_failure',
  'consecutive_local_origin_failure',
  'max_ejection_percent',
  'enforcing_consecutive_5xx',
  'enforcing_consecutive_gateway_failure',
  'enforcing_consecutive_local_origin_failure',
  'enforcing_success_rate',
  'enforcing_local_origin_success_rate',
  'enforcing_failure_percentage',
  'enforcing_failure_percentage_local_origin',
  'success_rate_minimum_hosts',
  'success_rate_request_volume',
  'success_rate_stdev_factor',
  'failure_percentage_threshold',
  'failure_percentage_minimum_hosts',
  'failure_percentage_request_volume',
] as const;
const outlierTimes = ['interval', 'base_ejection_time', 'max_ejection_time'] as const;
const breakers = ['max_connections', 'max_pending_requests', 'max_requests', 'max_retries'] as const;
const checkIntervals = [
  'interval',
  'no_traffic_interval',
  'no_traffic_healthy_interval',
  'unhealthy_interval',
  'unhealthy_edge_interval',
  'healthy_edge_interval',
] as const;

const outlierDetection: Change = (message, runtime) => {
  const number = (name: string) => integerOf(runtime.get(`outlier_detection.${name}`));
  return withFields(message, {
    ...Object.fromEntries(outlierNumbers.map((name) => [name, number(name)])),
    ...Object.fromEntries(
      outlierTimes.map((name) => {
        const ms = number(`${name}_ms`);
        return [name, ms === undefined ? undefined : seconds(ms)];
      }),
    ),
  });
};

/** `circuit_breakers.CLUSTER.default.max_requests`, `upstream.healthy_panic_threshold` */
const cluster: Change = (message, runtime) => {
  const prefix = `circuit_breakers.${textOf(message.name)}.`;
  const thresholds = messagesOf(messageOf(message.circuit_breakers).thresholds);
  const known = ['DEFAULT', 'HIGH'].flatMap((priority) => {
    const own = Object.fromEntries(
      breakers.map((name) => [name, integerOf(runtime.get(`${prefix}${priority.toLowerCase()}.${name}`))]),
    );
    return Object.values(own).some((value) => value !== undefined) ? [{ priority, own }] : [];
  });
  const priorityOf = (one: Fields): string => textOf(one.priority, 'DEFAULT');
  const next = thresholds.map((one) =>
    withFields(one, known.find(({ priority }) => priority === priorityOf(one))?.own ?? {}),
  );
  for (const { own, priority } of known) {
    if (!next.some((one) => priorityOf(one) === priority)) next.push(withFields({ priority }, own));
  }
  const panic = integerOf(runtime.get('upstream.healthy_panic_threshold'));
  return withFields(message, {
    circuit_breakers:
      known.length === 0 ? undefined : { ...messageOf(message.circuit_breakers), thresholds: next },
    common_lb_config:
      panic === undefined
        ? undefined
        : { ...messageOf(message.common_lb_config), healthy_panic_threshold: { value: panic } },
  });
};

const healthCheck: Change = (message, runtime) => {
  const least = integerOf(runtime.get('health_check.min_interval'));
  const most = integerOf(runtime.get('health_check.max_interval'));
  if (least === undefined && most === undefined) return message;
  const within = (ms: number): number =>
    Math.min(Math.max(ms, least ?? ms), most ?? Number.POSITIVE_INFINITY);
  return withFields(
    message,
    Object.fromEntries(
      checkIntervals.map((name) => {
        const given = message[name];
        return [name, given === undefined ? undefined : seconds(within(durationOf(given, 0)))];
      }),
    ),
  );
};

const fault: Change = (message, runtime) => {
  const key = (field: string, own: string): string => textOf(message[field]) || own;
  const delay = messageOf(message.delay);
  const abort = messageOf(message.abort);
  const ms = integerOf(runtime.get(key('delay_duration_runtime', 'fault.http.delay.fixed_duration_ms')));
  const status = integerOf(runtime.get(key('abort_http_status_runtime', 'fault.http.abort.http_status')));
  return withFields(message, {
    delay:
      message.delay === undefined
        ? undefined
        : withFields(delay, {
            percentage: percentOf(
              runtime.get(key('delay_percent_runtime', 'fault.http.delay.fixed_delay_percent')),
            ),
            fixed_delay: ms === undefined || delay.fixed_delay === undefined ? undefined : seconds(ms),
          }),
    abort:
      message.abort === undefined
        ? undefined
        : withFields(abort, {
            percentage: percentOf(
              runtime.get(key('abort_percent_runtime', 'fault.http.abort.abort_percent')),
            ),
            http_status: abort.http_status === undefined ? undefined : status,
          }),
    max_active_faults: integerOf(
      runtime.get(key('max_active_faults_runtime', 'fault.http.max_active_faults')),
    ),
  });
};

const rateLimit: Change = (message, runtime) => {
  const byName = (field: string, name: string): unknown => {
    const value = message[field] === undefined ? percentOf(runtime.get(name)) : undefined;
    return value === undefined ? undefined : { default_value: value };
  };
  return withFields(message, {
    filter_enabled: byName('filter_enabled', 'ratelimit.http_filter_enabled'),
    filter_enforced: byName('filter_enforced', 'ratelimit.http_filter_enforcing'),
  });
};

const weightedClusters: Change = (message, runtime) => {
  const prefix = textOf(message.runtime_key_prefix);
  if (prefix === '') return message;
  const clusters = messagesOf(message.clusters);
  return {
    ...message,
    clusters: clusters.map((one) =>
      withFields(one, { weight: integerOf(runtime.get(`${prefix}.${textOf(one.name)}`)) }),
    ),
  };
};

/** By the message that they change. */
const changes: Readonly<Record<string, Change>> = {
  [`${core}RuntimeFractionalPercent`]: byKey((runtime, key) => percentOf(runtime.get(key))),
  [`${core}RuntimeFeatureFlag`]: byKey((runtime, key) => runtime.get(key)?.boolean),
  [`${core}RuntimeDouble`]: byKey((runtime, key) => runtime.get(key)?.number),
  [`${core}RuntimeUInt32`]: byKey((runtime, key) => integerOf(runtime.get(key))),
  [`${core}RuntimePercent`]: byKey((runtime, key) => {
    const value = runtime.get(key)?.number;
    return value === undefined ? undefined : { value };
  }),
  'envoy.config.accesslog.v3.RuntimeFilter': (message, runtime) =>
    withFields(message, { percent_sampled: percentOf(runtime.get(textOf(message.runtime_key))) }),
  'envoy.config.route.v3.WeightedCluster': weightedClusters,
  'envoy.config.cluster.v3.Cluster': cluster,
  'envoy.config.cluster.v3.OutlierDetection': outlierDetection,
  'envoy.config.core.v3.HealthCheck': healthCheck,
  'envoy.extensions.filters.http.fault.v3.HTTPFault': fault,
  'envoy.extensions.filters.http.ratelimit.v3.RateLimit': rateLimit,
};

const isMessage = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

/** Parts that nothing changes are the same objects afterwards. */
function apply(declared: string, value: unknown, runtime: RuntimeSnapshot): unknown {
  if (!isMessage(value)) return value;
  const type = typeNameOf(value) || declared;
  const types = fieldsOfType(type);
  let next: Record<string, unknown> | undefined;
  const set = (name: string, made: unknown, before: unknown): void => {
    if (made === before) return;
    next ??= { ...value };
    next[name] = made;
  };
  for (const [name, given] of Object.entries(value)) {
    const field = types.get(name);
    if (field === undefined || !(field.type in table.messages)) continue;
    if (field.label === undefined) set(name, apply(field.type, given, runtime), given);
    else if (Array.isArray(given)) {
      const made = given.map((one) => apply(field.type, one, runtime));
      set(name, made.every((one, at) => one === given[at]) ? given : made, given);
    } else if (isMessage(given)) {
      const entries = Object.entries(given).map(
        ([key, one]) => [key, apply(field.type, one, runtime)] as const,
      );
      set(
        name,
        entries.every(([key, one]) => one === given[key]) ? given : Object.fromEntries(entries),
        given,
      );
    }
  }
  return changes[type]?.(next ?? value, runtime) ?? next ?? value;
}

/** All values as one static layer: for readers of keys that are not in any message. */
function flattened(runtime: RuntimeSnapshot): Fields {
  const entries = [...runtime.keys()].map((key) => {
    const { boolean, fraction, number, raw } = runtime.get(key) ?? { raw: '' };
    return [key, number ?? boolean ?? fraction ?? raw] as const;
  });
  return { layers: [{ name: 'all', static_layer: Object.fromEntries(entries) }] };
}

/** @param bootstrap canonical @returns the same object when there is no value */
export function applyRuntime<T extends object>(bootstrap: T, runtime: RuntimeSnapshot): T {
  if (runtime.size === 0) return bootstrap;
  const applied = apply('envoy.config.bootstrap.v3.Bootstrap', bootstrap, runtime) as T;
  return { ...applied, layered_runtime: flattened(runtime) };
}

/** Keys that Envoy reads and that are served here, besides those that the configuration names itself. */
const servedKeys =
  /^(?:re2\..*|overload\.global_downstream_max_connections|envoy\.resource_limits\.listener\..+\.connection_limit|tracing\.(?:client_enabled|random_sampling|global_enabled)|tracing\.(?:zipkin|opentelemetry)\.(?:min_flush_spans|flush_interval_ms|request_timeout)|upstream\.healthy_panic_threshold|health_check\.(?:min|max)_interval|outlier_detection\..+|circuit_breakers\..+\.(?:default|high)\.max_(?:connections|pending_requests|requests|retries)|fault\.http\.(?:delay\.(?:fixed_delay_percent|fixed_duration_ms)|abort\.(?:abort_percent|http_status)|max_active_faults)|ratelimit\.http_filter_(?:enabled|enforcing))$/;
/** Where Envoy keeps keys of its own. What is not one of them has no meaning but that which the configuration gives it. */
const envoyKeys =
  /^(?:envoy|re2|overload|tracing|upstream|health_check|outlier_detection|circuit_breakers|fault|ratelimit|ssl|http|tcp|mongo|redis|zookeeper|router)\./;

/** Whether a key of a static layer has the effect here that it has in Envoy. */
export function isServedKey(key: string): boolean {
  return servedKeys.test(key) || !envoyKeys.test(key);
}
