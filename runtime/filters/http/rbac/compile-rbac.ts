/**
 * `envoy.config.rbac.v3.RBAC` for HTTP requests, compiled: which policy concerns a request, and whether it may pass.
 */
import { ipOf } from '../../../common/address-text.js';
import type { Fields } from '../../../common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf } from '../../../common/message-fields.js';
import type { StreamInfo } from '../../../common/stream-info.js';
import type { SupportedFields } from '../../../config/supported-fields.js';
import { onlyValues } from '../../../config/supported-fields.js';
import type { StreamConnection } from '../../../http/filter.js';
import { compileCidrList } from '../../../network/cidr.js';
import { under } from '../../../network/config-path.js';
import { ConfigError } from '../../../network/filter.js';
import { compileHeaderMatcher } from '../../../route/compile-header-matcher.js';
import { compileStringMatcher } from '../../../route/compile-string-matcher.js';
import type { RouteRequest } from '../../../route/route-table.js';
import { compileAuthenticated } from './compile-authenticated.js';
import { compileMetadataMatcher } from '../../../route/compile-metadata-matcher.js';

/** What policies look at. */
export interface RbacSubject {
  readonly request: RouteRequest;
  readonly info: StreamInfo;
  readonly connection: StreamConnection;
}

type RbacTest = (subject: RbacSubject) => boolean;

export interface RbacDecision {
  readonly allowed: boolean;
  /** Name of the policy that fits; undefined: none does. */
  readonly policy: string | undefined;
  /** Of the action LOG; undefined with others: whether the request is to be logged. */
  readonly logged: boolean | undefined;
}

export type Rbac = (subject: RbacSubject) => RbacDecision;

const pathEnd = /[?#]/;

function urlPath(config: Fields): RbacTest {
  const test = under(() => compileStringMatcher(messageOf(config.url_path).path), 'url_path', 'path');
  return ({ request }) => test(request.path.split(pathEnd, 1)[0] as string);
}

function header(config: Fields): RbacTest {
  const test = under(() => compileHeaderMatcher(messageOf(config.header)), 'header');
  return ({ request }) => test(request, request.headers);
}

function metadata(config: Fields): RbacTest {
  const test = under(() => compileMetadataMatcher(config.metadata), 'metadata');
  return ({ info }) => test(info);
}

function sourcedMetadata(config: Fields): RbacTest {
  const matcher = messageOf(config.sourced_metadata).metadata_matcher;
  const test = under(() => compileMetadataMatcher(matcher), 'sourced_metadata', 'metadata_matcher');
  return ({ info }) => test(info);
}

/** @param addressOf text of an address with its port */
function addressTest(range: unknown, addressOf: (subject: RbacSubject) => string): RbacTest {
  const test = compileCidrList([messageOf(range)]);
  return (subject) => test(ipOf(addressOf(subject)) ?? '');
}

const directRemote = ({ info }: RbacSubject): string => info.downstreamDirectRemoteAddress;

/** What permissions and principals have in common, by the name of the field. */
const shared: Readonly<Record<string, (config: Fields) => RbacTest>> = {
  any: () => () => true,
  header,
  url_path: urlPath,
  metadata,
  sourced_metadata: sourcedMetadata,
};

const permissions: typeof shared = {
  ...shared,
  and_rules: (config) => allOf(listOf(config, 'and_rules', 'rules', compilePermission)),
  or_rules: (config) => anyOf(listOf(config, 'or_rules', 'rules', compilePermission)),
  not_rule(config) {
    const test = under(() => compilePermission(messageOf(config.not_rule)), 'not_rule');
    return (subject) => !test(subject);
  },
  destination_ip: (config) => addressTest(config.destination_ip, ({ info }) => info.downstreamLocalAddress),
  destination_port(config) {
    const port = numberOf(config.destination_port, 0);
    return ({ connection }) => connection.info.localPort === port;
  },
  destination_port_range(config) {
    const { end, start } = messageOf(config.destination_port_range);
    const from = numberOf(start, 0);
    const to = numberOf(end, 0);
    return ({ connection: { info } }) => info.localPort >= from && info.localPort < to;
  },
  requested_server_name(config) {
    const test = under(() => compileStringMatcher(config.requested_server_name), 'requested_server_name');
    return ({ connection }) => test(connection.info.serverName);
  },
};

const principals: typeof shared = {
  ...shared,
  and_ids: (config) => allOf(listOf(config, 'and_ids', 'ids', compilePrincipal)),
  or_ids: (config) => anyOf(listOf(config, 'or_ids', 'ids', compilePrincipal)),
  not_id(config) {
    const test = under(() => compilePrincipal(messageOf(config.not_id)), 'not_id');
    return (subject) => !test(subject);
  },
  authenticated(config) {
    const test = under(() => compileAuthenticated(config.authenticated), 'authenticated');
    return ({ connection }) => test(connection.peerCertificate);
  },
  source_ip: (config) => addressTest(config.source_ip, directRemote),
  direct_remote_ip: (config) => addressTest(config.direct_remote_ip, directRemote),
  remote_ip: (config) => addressTest(config.remote_ip, ({ info }) => info.downstreamRemoteAddress),
};

function compileOneOf(config: Fields, kinds: typeof shared): RbacTest {
  const kind = Object.keys(config).find((name) => config[name] !== undefined) ?? '';
  const compile = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (compile === undefined) throw new ConfigError(`${kind} needs real Envoy`, [kind], true);
  return compile(config);
}

function compilePermission(config: Fields): RbacTest {
  return compileOneOf(config, permissions);
}

function compilePrincipal(config: Fields): RbacTest {
  return compileOneOf(config, principals);
}

/** The members of a `Set` message. */
function listOf(
  config: Fields,
  field: string,
  members: string,
  compile: (config: Fields) => RbacTest,
): readonly RbacTest[] {
  return messagesOf(messageOf(config[field])[members]).map((one, index) =>
    under(() => compile(one), field, members, index),
  );
}

function allOf(tests: readonly RbacTest[]): RbacTest {
  return (subject) => tests.every((test) => test(subject));
}

function anyOf(tests: readonly RbacTest[]): RbacTest {
  return (subject) => tests.some((test) => test(subject));
}

function compilePolicy(policy: Fields): RbacTest {
  const allows = anyOf(
    messagesOf(policy.permissions).map((one, index) =>
      under(() => compilePermission(one), 'permissions', index),
    ),
  );
  const concerns = anyOf(
    messagesOf(policy.principals).map((one, index) =>
      under(() => compilePrincipal(one), 'principals', index),
    ),
  );
  return (subject) => allows(subject) && concerns(subject);
}

/** @throws ConfigError with the path inside the message */
export function compileRbac(given: unknown): Rbac {
  const config = messageOf(given);
  const action = textOf(config.action, 'ALLOW');
  const policies = Object.entries(messageOf(config.policies)).map(([name, policy]) => ({
    name,
    fits: under(() => compilePolicy(messageOf(policy)), 'policies', name),
  }));
  // The first that fits is the one that is told; Envoy goes by their names.
  policies.sort((one, other) => (one.name < other.name ? -1 : 1));
  return (subject) => {
    const policy = policies.find(({ fits }) => fits(subject))?.name;
    const fits = policy !== undefined;
    if (action === 'LOG') return { allowed: true, policy, logged: fits };
    return { allowed: fits === (action === 'ALLOW'), policy, logged: undefined };
  };
}

const message = 'envoy.config.rbac.v3.';
const served = (kinds: object): Record<string, true> =>
  Object.fromEntries(Object.keys(kinds).map((name) => [name, true as const]));

export const rbacRulesSupportedFields: SupportedFields = {
  [`${message}RBAC`]: { action: true, policies: true },
  [`${message}Policy`]: { permissions: true, principals: true },
  [`${message}Permission`]: served(permissions),
  [`${message}Permission.Set`]: { rules: true },
  [`${message}Principal`]: served(principals),
  [`${message}Principal.Set`]: { ids: true },
  [`${message}Principal.Authenticated`]: { principal_name: true },
  [`${message}SourcedMetadata`]: { metadata_matcher: true, metadata_source: onlyValues('DYNAMIC') },
  'envoy.type.v3.Int32Range': { start: true, end: true },
  'envoy.type.v3.DoubleRange': { start: true, end: true },
  'envoy.type.matcher.v3.PathMatcher': { path: true },
  'envoy.type.matcher.v3.MetadataMatcher': { filter: true, path: true, value: true, invert: true },
  'envoy.type.matcher.v3.MetadataMatcher.PathSegment': { key: true },
  'envoy.type.matcher.v3.ValueMatcher': {
    null_match: true,
    double_match: true,
    string_match: true,
    bool_match: true,
    present_match: true,
    list_match: true,
    or_match: true,
  },
  'envoy.type.matcher.v3.ValueMatcher.NullMatch': {},
  'envoy.type.matcher.v3.ListMatcher': { one_of: true },
  'envoy.type.matcher.v3.OrMatcher': { value_matchers: true },
  'envoy.type.matcher.v3.DoubleMatcher': { range: true, exact: true },
};
