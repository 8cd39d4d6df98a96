/**
 * Secrets of TLS contexts (SDS): those of the bootstrap, and those of a file that `sds_config` names. A context that
 * refers to secrets becomes one that holds them, so that everything behind knows only one form.
 */
import { readFileSync } from 'node:fs';
import { readMessage, readYaml } from '../../../dsl/api/index.js';
import type { Fields } from '../../common/message-fields.js';
import { messageOf, messagesOf, textOf } from '../../common/message-fields.js';
import { refuseUnsupported } from '../../config/refuse-unsupported.js';
import { routeSupportedFields } from '../../route/supported-fields.js';
import { ConfigError } from '../filter.js';
import { tlsSupportedFields } from './supported-fields.js';

type Path = readonly (string | number)[];

/** Field of `Secret`. */
type SecretKind = 'tls_certificate' | 'validation_context' | 'session_ticket_keys';

/** `static_resources.secrets` */
export type StaticSecrets = readonly Fields[];

export interface Secret {
  /** `''` when the context holds the message itself. */
  readonly name: string;
  readonly value: Fields;
  /** The file that it was read from. */
  readonly file: string | undefined;
  /** Where it stands, or where it is referred to. */
  readonly path: Path;
}

const discoveryResponse = 'envoy.service.discovery.v3.DiscoveryResponse';
const secretType = 'envoy.extensions.transport_sockets.tls.v3.Secret';

/** Data sources and string matchers stand with the routes. */
const supported = { ...routeSupportedFields, ...tlsSupportedFields };

/** The file of an `sds_config`. */
function fileOf(source: Fields): string {
  return textOf(messageOf(source.path_config_source).path) || textOf(source.path);
}

/** All secrets of a file. @throws ConfigError with its name */
function readSecretsFile(file: string, path: Path): readonly Fields[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new ConfigError(
      `paths must refer to an existing path in the system: '${file}' does not exist (${(error as Error).message})`,
      path,
    );
  }
  const yaml = readYaml(text);
  const [syntax] = yaml.errors;
  if (syntax !== undefined) {
    throw new ConfigError(`${file}:${syntax.line}:${syntax.column}: ${syntax.message}`, path);
  }
  const { issues, value } = readMessage(discoveryResponse, yaml.value);
  const all = messagesOf(messageOf(value).resources);
  const [issue] = [
    ...issues,
    ...all.flatMap((one, at) =>
      refuseUnsupported(one, supported, secretType).map((refused) => ({
        ...refused,
        path: ['resources', at, ...refused.path],
      })),
    ),
  ];
  if (issue === undefined) return all;
  const { column, line } = yaml.locate(issue.path) ?? { line: 1, column: 1 };
  throw new ConfigError(`${file}:${line}:${column}: ${issue.message}`, path);
}

/** @param config `SdsSecretConfig`. @throws ConfigError */
function findSecret(config: Fields, kind: SecretKind, secrets: StaticSecrets, path: Path): Secret {
  const name = textOf(config.name);
  if (config.sds_config === undefined) {
    const found = secrets.find((one) => one.name === name && one[kind] !== undefined);
    if (found === undefined) throw new ConfigError(`Unknown static secret: ${name}`, [...path, 'name']);
    return { name, value: messageOf(found[kind]), file: undefined, path };
  }
  const file = fileOf(messageOf(config.sds_config));
  if (file === '') {
    throw new ConfigError('secrets that are not in a file need real Envoy', [...path, 'sds_config'], true);
  }
  const at = [...path, 'sds_config'];
  const all = readSecretsFile(file, at);
  const found = all.find((one) => one.name === name && one[kind] !== undefined);
  if (found === undefined) throw new ConfigError(`there is no ${kind} '${name}' in ${file}`, at);
  return { name, value: messageOf(found[kind]), file, path };
}

/** The certificates of a `CommonTlsContext`, its own ones or those of its secrets. @param path of the context */
export function certificateSecrets(common: Fields, secrets: StaticSecrets, path: Path): Secret[] {
  const own = messagesOf(common.tls_certificates).map(
    (value, at): Secret => ({ name: '', value, file: undefined, path: [...path, 'tls_certificates', at] }),
  );
  if (own.length > 0) return own;
  return messagesOf(common.tls_certificate_sds_secret_configs).map((config, at) =>
    findSecret(config, 'tls_certificate', secrets, [...path, 'tls_certificate_sds_secret_configs', at]),
  );
}

/**
 * The validation context of a `CommonTlsContext`; of a combined one, the secret's fields go over those of the default,
 * lists are joined (protobuf's `MergeFrom`).
 */
export function validationSecret(common: Fields, secrets: StaticSecrets, path: Path): Secret {
  const { combined_validation_context, validation_context, validation_context_sds_secret_config } = common;
  const find = (config: unknown, ...steps: string[]): Secret =>
    findSecret(messageOf(config), 'validation_context', secrets, [...path, ...steps]);
  if (validation_context_sds_secret_config !== undefined) {
    return find(validation_context_sds_secret_config, 'validation_context_sds_secret_config');
  }
  if (combined_validation_context !== undefined) {
    const combined = messageOf(combined_validation_context);
    const secret = find(
      combined.validation_context_sds_secret_config,
      'combined_validation_context',
      'validation_context_sds_secret_config',
    );
    const merged: Record<string, unknown> = { ...messageOf(combined.default_validation_context) };
    for (const [field, value] of Object.entries(secret.value)) {
      const before = merged[field];
      merged[field] = Array.isArray(before) && Array.isArray(value) ? [...before, ...value] : value;
    }
    return { ...secret, value: merged };
  }
  return {
    name: '',
    value: messageOf(validation_context),
    file: undefined,
    path: [...path, 'validation_context'],
  };
}

/** The ticket keys of a `DownstreamTlsContext`; undefined when none are set. @param path of the context */
export function ticketKeySecret(context: Fields, secrets: StaticSecrets, path: Path): Secret | undefined {
  const { session_ticket_keys, session_ticket_keys_sds_secret_config } = context;
  if (session_ticket_keys_sds_secret_config !== undefined) {
    return findSecret(messageOf(session_ticket_keys_sds_secret_config), 'session_ticket_keys', secrets, [
      ...path,
      'session_ticket_keys_sds_secret_config',
    ]);
  }
  if (session_ticket_keys === undefined) return undefined;
  return {
    name: '',
    value: messageOf(session_ticket_keys),
    file: undefined,
    path: [...path, 'session_ticket_keys'],
  };
}

/** Files that a message names (`DataSource.filename`), in its order, each once. */
export function namedFiles(...messages: readonly unknown[]): string[] {
  const files = new Set<string>();
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [field, inner] of Object.entries(value)) {
      if (field === 'filename' && typeof inner === 'string') files.add(inner);
      else walk(inner);
    }
  };
  for (const message of messages) walk(message);
  return [...files];
}

/** Files of a context's secrets themselves, so that they are watched as well. */
export function secretFiles(...secrets: readonly (Secret | undefined)[]): string[] {
  return secrets.map((secret) => secret?.file).filter((file) => file !== undefined);
}
