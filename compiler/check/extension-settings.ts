/**
 * E3029: settings that the constructor of an extension refuses, and that no rule of the API tells. Each was asked of Envoy
 * 1.40; what depends on files, modules or the environment is not judged.
 */
import { table } from '../../dsl/api/generated/table.js';
import type { BootstrapView, Fields, Message } from './bootstrap-view.js';
import { fieldsAt, isSet, listAt, numberAt, textAt, typeOf } from './bootstrap-view.js';
import type { Finding } from './finding.js';

/** What is wrong, where (a field of the message, or the message itself), and what to do. */
interface Problem {
  readonly message: string;
  readonly field?: string;
  readonly fix: string;
}

type Judge = (value: Fields, message: Message) => Problem | undefined;

/** Exactly one of the fields, or at least one. */
function count(fields: readonly string[], exactly: boolean): Judge {
  return (value) => {
    const set = fields.filter((field) => isSet(value[field]) && value[field] !== '');
    if (set.length === 1 || (set.length > 1 && !exactly)) return undefined;
    const [second] = set.slice(1);
    return {
      message: `${exactly ? 'exactly' : 'at least'} one of ${fields.join(', ')} has to be set`,
      ...(second === undefined ? {} : { field: second }),
      fix: second === undefined ? `set ${fields[0]}` : 'keep one of them',
    };
  };
}

/** A plugin of WebAssembly needs its program. */
const wasmCode: Judge = (value) => {
  const vm = fieldsAt(fieldsAt(value.config).vm_config);
  return isSet(vm.code) ? undefined : { message: 'the plugin has no code', fix: 'set config.vm_config.code' };
};

const dynamicModule: Judge = (value) => {
  const module = fieldsAt(value.dynamic_module_config);
  if (textAt(module.name) !== '' || isSet(module.module)) return undefined;
  return {
    message: 'the dynamic module has neither a name nor a module',
    fix: 'set dynamic_module_config.name',
  };
};

/** A threshold that has no default value is 0 %. */
const successThreshold: Judge = (value) => {
  if (!isSet(value.sr_threshold)) return undefined;
  const percent = numberAt(fieldsAt(fieldsAt(value.sr_threshold).default_value).value) ?? 0;
  return percent >= 1
    ? undefined
    : {
        message: `a success rate of ${percent} % is less than 1 %`,
        field: 'sr_threshold',
        fix: 'set sr_threshold.default_value.value to 1 or more',
      };
};

/** From 100 to 600, the end not included. */
const statusRanges: Judge = (value) => {
  const bad = listAt(value.http_success_status)
    .map(fieldsAt)
    .map((range) => [numberAt(range.start) ?? 0, numberAt(range.end) ?? 0] as const)
    .find(([start, end]) => start > end || start < 100 || start >= 600 || end > 600);
  if (bad === undefined) return undefined;
  const message = `the statuses from ${bad[0]} to ${bad[1]} are no range of HTTP`;
  return { message, field: 'http_success_status', fix: 'write start and end, from 100 to 600' };
};

const opcodes: Judge = (value) => {
  const names = listAt(value.latency_threshold_overrides).map(
    (one) => textAt(fieldsAt(one).opcode) || 'Connect',
  );
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return undefined;
  const message = `the opcode ${twice} stands twice`;
  return { message, field: 'latency_threshold_overrides', fix: 'remove one' };
};

/** One region, unless the signature is one for sets of them. An empty region comes from the environment. */
const awsRegion: Judge = (value) => {
  if (value.signing_algorithm === 'AWS_SIGV4A' || !/[*,\0]/.test(textAt(value.region))) return undefined;
  const message = 'a region of AWS_SIGV4 has neither asterisks nor commas';
  return { message, field: 'region', fix: 'name one region, or use AWS_SIGV4A' };
};

const jwks: Judge = (value) => {
  const source = fieldsAt(value.local_jwks);
  if (typeof source.inline_string !== 'string' || source.inline_string === '') return undefined;
  const text = source.inline_string;
  if (text.includes('-----BEGIN')) return undefined;
  const problem = (message: string): Problem => ({
    message,
    field: 'local_jwks',
    fix: 'paste the whole JWKS: {"keys": [...]}',
  });
  if (!text.trimStart().startsWith('{')) return problem('the JWKS is no JSON');
  let keys: unknown;
  try {
    // Line feeds inside of texts are taken by Envoy.
    keys = (JSON.parse(text.replace(/[\u0000-\u001f]/g, ' ')) as { keys?: unknown } | null)?.keys;
  } catch {
    // Its reader takes more than JSON has: not judged.
    return undefined;
  }
  if (!Array.isArray(keys)) return problem('the JWKS has no list of keys');
  const known = keys.some((key) => /^(?:RSA|EC|oct|OKP)$/.test(textAt(fieldsAt(key).kty)));
  return known ? undefined : problem('the JWKS has no key of a kind that is known');
};

const upstreamFilters: Judge = (value) => {
  const index = listAt(value.filters).findIndex((filter) => {
    const { typed_config: config, config_discovery: later } = fieldsAt(filter);
    return !isSet(config) && !isSet(later);
  });
  return index < 0
    ? undefined
    : {
        message: 'a filter of the cluster has no typed_config',
        field: 'filters',
        fix: "set typed_config with its '@type'",
      };
};

/** Odd forms beyond that are not judged. */
const schemeAndHost = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/[^\s/?#]/;

const remoteJwks: Judge = (value) => {
  const uri = fieldsAt(fieldsAt(value.remote_jwks).http_uri).uri;
  return typeof uri !== 'string' || schemeAndHost.test(uri)
    ? undefined
    : { message: `'${uri}' is no absolute URL`, field: 'remote_jwks', fix: 'write https://host/path' };
};

const secretOfToken: Judge = (value) => {
  const { auth_type: type, credentials } = value;
  return type === 'TLS_CLIENT_AUTH' || isSet(fieldsAt(credentials).token_secret)
    ? undefined
    : {
        message: 'the credentials have no token_secret',
        field: 'credentials',
        fix: 'set credentials.token_secret',
      };
};

const oneSource: Judge = (value) =>
  isSet(value.header) && value.header !== '' && isSet(value.cookie) && value.cookie !== ''
    ? { message: 'a rule reads either a header or a cookie', field: 'cookie', fix: 'make two rules' }
    : undefined;

const zipkin: Judge = (value) => {
  // No rule keeps other numbers out, and Envoy ends itself over them.
  if (typeof value.collector_endpoint_version === 'number') {
    const message = `there is no version ${value.collector_endpoint_version} of the endpoint`;
    return { message, field: 'collector_endpoint_version', fix: 'write HTTP_JSON or HTTP_PROTO' };
  }
  if (isSet(value.collector_service)) return undefined;
  const missing = ['collector_cluster', 'collector_endpoint'].find((field) => textAt(value[field]) === '');
  return missing === undefined ? undefined : { message: `${missing} is missing`, fix: `set ${missing}` };
};

const pkcs12: Judge = (value) => {
  if (!isSet(value.pkcs12)) return undefined;
  const other = ['certificate_chain', 'private_key'].find((field) => isSet(value[field]));
  return other === undefined
    ? undefined
    : { message: `pkcs12 and ${other} exclude each other`, field: other, fix: 'keep one of them' };
};

const matcherAction: Judge = (value) => {
  const action = fieldsAt(value.action);
  return !isSet(value.action) || isSet(action.typed_config)
    ? undefined
    : {
        message: 'the action has no typed_config',
        field: 'action',
        fix: "set typed_config with its '@type'",
      };
};

const overloadActions: ReadonlySet<string> = new Set(
  [
    ...['stop_accepting_requests', 'disable_http_keepalive', 'stop_accepting_connections', 'shrink_heap'],
    ...[
      'reject_incoming_connections',
      'reduce_timeouts',
      'reset_high_memory_stream',
      'close_idle_http_connections',
    ],
  ].map((name) => `envoy.overload_actions.${name}`),
);

const overloadAction: Judge = (value, message) => {
  const name = textAt(value.name);
  if (!overloadActions.has(name)) {
    return {
      message: `there is no overload action '${name}'`,
      field: 'name',
      fix: 'see the list in the documentation',
    };
  }
  if (name.endsWith('.reduce_timeouts') && !isSet(value.typed_config)) {
    return {
      message: 'reduce_timeouts needs a typed_config',
      fix: 'set typed_config with ScaleTimersOverloadActionConfig',
    };
  }
  return name.endsWith('.reset_high_memory_stream') && !isSet(message.parent?.value.buffer_factory_config)
    ? {
        message: 'reset_high_memory_stream needs the buffer_factory_config of the overload manager',
        fix: 'set it',
      }
    : undefined;
};

const routerLast: Judge = (value) => {
  if (listAt(value.filters).length === 0) {
    return {
      message: 'a generic proxy needs a filter that ends the chain',
      fix: 'add its router to filters',
    };
  }
  const types = listAt(value.filters).map((filter) => typeOf(fieldsAt(filter).typed_config));
  const router = types.indexOf('envoy.extensions.filters.network.generic_proxy.router.v3.Router');
  if (router < 0 || router === types.length - 1) return undefined;
  return {
    message: 'the router of a generic proxy is its last filter',
    field: 'filters',
    fix: 'move it to the end',
  };
};

const thriftFilters: Judge = (value) => {
  const index = listAt(value.thrift_filters).findIndex((filter) => !isSet(fieldsAt(filter).typed_config));
  return index < 0
    ? undefined
    : {
        message: 'a Thrift filter has no typed_config',
        field: 'thrift_filters',
        fix: "set typed_config with its '@type'",
      };
};

/** Rules for single routes replace those for everybody: without any the message says nothing. */
const perRouteRules: Judge = (value, message) => {
  if (message.field !== 'typed_per_filter_config') return undefined;
  return isSet(value.request_rules) || isSet(value.response_rules)
    ? undefined
    : { message: 'there are neither request_rules nor response_rules', fix: 'add rules' };
};

/** What is copied when the key is not there needs a value of its own. */
const jsonRule: Judge = (value) => {
  if (!isSet(value.on_present) && !isSet(value.on_missing)) {
    return { message: 'the rule has neither on_present nor on_missing', fix: 'set on_present' };
  }
  return !isSet(value.on_missing) || 'value' in fieldsAt(value.on_missing)
    ? undefined
    : { message: 'on_missing has no value', field: 'on_missing', fix: 'set on_missing.value' };
};

const headerRule: Judge = (value, message) => {
  const twice = oneSource(value, message);
  if (twice !== undefined) return twice;
  if (!isSet(value.on_header_present) && !isSet(value.on_header_missing)) {
    const text = 'the rule has neither on_header_present nor on_header_missing';
    return { message: text, fix: 'set on_header_present' };
  }
  const missing = fieldsAt(value.on_header_missing);
  return !isSet(value.on_header_missing) || textAt(missing.value) !== ''
    ? undefined
    : {
        message: 'on_header_missing has no value',
        field: 'on_header_missing',
        fix: 'set on_header_missing.value',
      };
};

const neverSupported: Judge = (value) =>
  isSet(value.typed_header_validation_config)
    ? {
        message: 'Envoy is built without header validators',
        field: 'typed_header_validation_config',
        fix: 'remove it',
      }
    : undefined;

const tunnelSockets =
  'envoy.extensions.bootstrap.reverse_tunnel.upstream_socket_interface.v3.UpstreamReverseConnectionSocketInterface';

const reverseTunnel: Judge = (_value, message) => {
  let root = message;
  while (root.parent !== undefined) root = root.parent;
  const extensions = root.list('bootstrap_extensions');
  return extensions.some((one) => typeOf(one.value.typed_config) === tunnelSockets)
    ? undefined
    : {
        message: 'reverse tunnels need the sockets of their bootstrap extension',
        fix: 'add envoy.bootstrap.reverse_tunnel.upstream_socket_interface to bootstrap_extensions',
      };
};

/** Formats of OpenTelemetry are made of texts, in lists and maps. The type of a value is told by the field that is set. */
function isOfTexts(value: Fields): boolean {
  if (isSet(value.array_value))
    return listAt(fieldsAt(value.array_value).values).map(fieldsAt).every(isOfTexts);
  if (!isSet(value.kvlist_value)) return 'string_value' in value;
  return listAt(fieldsAt(value.kvlist_value).values)
    .map((one) => fieldsAt(fieldsAt(one).value))
    .every(isOfTexts);
}

const telemetryFormat: Judge = (value) => {
  const attributes = { kvlist_value: value.attributes ?? {} };
  const field = isSet(value.body) && !isOfTexts(fieldsAt(value.body)) ? 'body' : 'attributes';
  return field === 'attributes' && isOfTexts(attributes)
    ? undefined
    : {
        message: 'a format has texts, lists and maps only',
        field,
        fix: "write string_value: '3' for other values",
      };
};

/** Only the header is read for that. */
const headerOfDestination: Judge = (value) => {
  const config = fieldsAt(value.original_dst_lb_config);
  return textAt(config.http_header_name) === '' || config.use_http_header === true
    ? undefined
    : {
        message: 'http_header_name is for use_http_header',
        field: 'original_dst_lb_config',
        fix: 'set use_http_header: true, or remove http_header_name',
      };
};

/** Where Envoy looks an extension up by its name and not by the type of its settings. */
const sessionState: Judge = (value) => {
  const { name } = fieldsAt(value.session_state);
  const known = table.extensions.some(
    (one) => one.category === 'envoy.http.stateful_session' && one.name === name,
  );
  return !isSet(value.session_state) || known
    ? undefined
    : {
        message: `there is no session state by the name '${textAt(name)}'`,
        field: 'session_state',
        fix: 'name it envoy.http.stateful_session.cookie or .header',
      };
};

const hostsOfProxy: Judge = (value) => {
  const hosts = listAt(value.virtual_hosts).flatMap((host) => listAt(fieldsAt(host).hosts).map(textAt));
  const twice = hosts.find((host, index) => hosts.indexOf(host) !== index);
  if (!hosts.includes('') && twice === undefined) return undefined;
  const message = twice === undefined ? 'a host is empty' : `the host '${twice}' stands twice`;
  return { message, field: 'virtual_hosts', fix: 'give each virtual host names of its own' };
};

const drainAware: Judge = (value) =>
  isSet(value.hcm_config) ? undefined : { message: 'the manager has no settings', fix: 'set hcm_config' };

const http = 'envoy.extensions.filters.http.';
const network = 'envoy.extensions.filters.network.';

const judges: Readonly<Record<string, Judge>> = {
  'envoy.config.cluster.v3.Cluster': (value, message) =>
    upstreamFilters(value, message) ?? headerOfDestination(value, message),
  'envoy.config.cluster.v3.Cluster.TransportSocketMatch': count(['transport_socket'], true),
  'envoy.extensions.access_loggers.open_telemetry.v3.OpenTelemetryAccessLogConfig': (value) =>
    (isSet(fieldsAt(value.common_config).grpc_service)
      ? undefined
      : count(['grpc_service', 'http_service'], false)(value, undefined as never)) ??
    telemetryFormat(value, undefined as never),
  'envoy.extensions.access_loggers.stats.v3.Config': count(['stats_scope', 'stat_prefix'], true),
  'envoy.extensions.access_loggers.wasm.v3.WasmAccessLog': wasmCode,
  'envoy.extensions.stat_sinks.wasm.v3.Wasm': wasmCode,
  'envoy.config.trace.v3.OpenTelemetryConfig': count(['grpc_service', 'http_service', 'exporter'], true),
  'envoy.extensions.clusters.redis.v3.RedisClusterConfig': (_value, message) => {
    const type = message.parent;
    return type === undefined || textAt(type.value.name) === 'envoy.clusters.redis'
      ? undefined
      : {
          message: "a cluster of Redis has the type name 'envoy.clusters.redis'",
          fix: 'write it as the name of cluster_type',
        };
  },
  [`${http}wasm.v3.Wasm`]: wasmCode,
  [`${network}wasm.v3.Wasm`]: wasmCode,
  [`${http}ext_proc.v3.ExternalProcessor`]: count(['grpc_service', 'http_service'], true),
  [`${http}grpc_json_reverse_transcoder.v3.GrpcJsonReverseTranscoder`]: count(
    ['descriptor_path', 'descriptor_binary'],
    false,
  ),
  [`${http}ip_tagging.v3.IPTagging`]: (value) =>
    listAt(value.ip_tags).length > 0 || isSet(value.ip_tags_datasource)
      ? undefined
      : { message: 'there are no IP tags', fix: 'set ip_tags or ip_tags_datasource' },
  [`${http}proto_api_scrubber.v3.ProtoApiScrubberConfig`]: (value) =>
    isSet(fieldsAt(value.descriptor_set).data_source)
      ? undefined
      : { message: 'the descriptor set is missing', fix: 'set descriptor_set.data_source' },
  [`${http}proto_message_extraction.v3.ProtoMessageExtractionConfig`]: count(
    ['data_source', 'proto_descriptor_typed_metadata'],
    false,
  ),
  [`${http}thrift_to_metadata.v3.ThriftToMetadata`]: (value) =>
    listAt(value.request_rules).length + listAt(value.response_rules).length > 0
      ? undefined
      : { message: 'there are neither request_rules nor response_rules', fix: 'add rules' },
  [`${http}header_to_metadata.v3.Config`]: perRouteRules,
  [`${http}json_to_metadata.v3.JsonToMetadata`]: perRouteRules,
  [`${http}basic_auth.v3.BasicAuth`]: (value) =>
    isSet(value.users) ? undefined : { message: 'there are no users', fix: 'set users' },
  [`${http}admission_control.v3.AdmissionControl`]: successThreshold,
  [`${http}admission_control.v3.AdmissionControl.SuccessCriteria.HttpCriteria`]: statusRanges,
  [`${http}aws_request_signing.v3.AwsRequestSigning`]: awsRegion,
  [`${http}jwt_authn.v3.JwtProvider`]: (value, message) => jwks(value, message) ?? remoteJwks(value, message),
  'envoy.config.trace.v3.ZipkinConfig': zipkin,
  [`${http}oauth2.v3.OAuth2Config`]: secretOfToken,
  [`${http}header_to_metadata.v3.Config.Rule`]: headerRule,
  [`${http}json_to_metadata.v3.JsonToMetadata.Rule`]: jsonRule,
  'envoy.extensions.transport_sockets.tls.v3.TlsCertificate': pkcs12,
  'xds.type.matcher.v3.Matcher.OnMatch': matcherAction,
  'envoy.config.common.matcher.v3.Matcher.OnMatch': matcherAction,
  'envoy.config.overload.v3.OverloadAction': overloadAction,
  [`${network}http_connection_manager.v3.ScopedRoutes.ScopeKeyBuilder.FragmentBuilder.HeaderValueExtractor`]:
    count(['index', 'element'], false),
  [`${network}zookeeper_proxy.v3.ZooKeeperProxy`]: opcodes,
  [`${network}generic_proxy.v3.GenericProxy`]: routerLast,
  [`${network}generic_proxy.v3.RouteConfiguration`]: hostsOfProxy,
  [`${http}stateful_session.v3.StatefulSession`]: sessionState,
  [`${network}reverse_tunnel.v3.DrainAwareHttpConnectionManager`]: drainAware,
  [`${network}reverse_tunnel.v3.ReverseTunnel`]: reverseTunnel,
  [`${network}thrift_proxy.v3.ThriftProxy`]: thriftFilters,
  [`${network}http_connection_manager.v3.HttpConnectionManager`]: neverSupported,
};

/** Types whose extension is a shared library. */
function hasDynamicModule(type: string): boolean {
  return (
    type.includes('.dynamic_modules.') &&
    table.messages[type]?.fields.some(({ name }) => name === 'dynamic_module_config') === true
  );
}

export function* extensionSettings(view: BootstrapView): Generator<Finding> {
  for (const type of view.types) {
    const judge = judges[type] ?? (hasDynamicModule(type) ? dynamicModule : undefined);
    if (judge === undefined) continue;
    for (const message of view.all(type)) {
      const problem = judge(message.value, message);
      if (problem === undefined) continue;
      const { field, message: text, fix } = problem;
      const path = field === undefined ? message.path : [...message.path, field];
      yield { code: 'E3029', severity: 'error', path, message: text, fix };
    }
  }
}
