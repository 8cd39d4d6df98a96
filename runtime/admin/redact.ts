/**
 * A copy of a configuration without its secrets, as Envoy shows it: the fields that its API marks as sensitive
 * (`udpa.annotations.sensitive`), whatever kind of secret is in them.
 */
import { table } from '../../dsl/api/generated/table.js';
import { typeNameOf } from '../common/message-fields.js';

const tls = 'envoy.extensions.transport_sockets.tls.v3.';
const http = 'envoy.extensions.filters.http.';
const redis = 'envoy.extensions.filters.network.redis_proxy.v3.';
const aws = 'envoy.extensions.common.aws.v3.';

/** Message -> its sensitive fields, as the descriptors inside Envoy 1.40 have them. */
export const sensitive: Readonly<Record<string, readonly string[]>> = {
  [`${tls}PrivateKeyProvider`]: ['typed_config'],
  [`${tls}TlsCertificate`]: ['private_key', 'pkcs12', 'password'],
  [`${tls}TlsSessionTicketKeys`]: ['keys'],
  [`${tls}GenericSecret`]: ['secret', 'secrets'],
  'envoy.config.core.v3.GrpcService.GoogleGrpc.SslCredentials': ['private_key'],
  'envoy.config.grpc_credential.v3.FileBasedMetadataConfig': ['secret_data'],
  'envoy.config.trace.v3.ClientConfig': ['backend_token'],
  [`${http}api_key_auth.v3.ApiKeyAuth`]: ['credentials'],
  [`${http}api_key_auth.v3.ApiKeyAuthPerRoute`]: ['credentials'],
  [`${http}basic_auth.v3.BasicAuth`]: ['users'],
  [`${http}basic_auth.v3.BasicAuthPerRoute`]: ['users'],
  [`${http}ext_authz.v3.CheckSettings`]: ['context_extensions'],
  [`${redis}RedisProxy`]: [
    'downstream_auth_password',
    'downstream_auth_passwords',
    'downstream_auth_username',
  ],
  [`${redis}RedisProtocolOptions`]: ['auth_password', 'auth_username'],
  [`${redis}RedisProtocolOptions.Credential`]: ['auth_password', 'auth_username'],
  [`${aws}InlineCredentialProvider`]: ['secret_access_key', 'session_token'],
  [`${aws}AssumeRoleWithWebIdentityCredentialProvider`]: ['web_identity_token_data_source'],
  [`${aws}CredentialsFileCredentialProvider`]: ['credentials_data_source'],
  [`${aws}IAMRolesAnywhereCredentialProvider`]: ['private_key'],
};

interface FieldType {
  readonly type: string;
  readonly label?: 'repeated' | 'map';
}

const isMessage = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Bytes are base64 in JSON, so what replaces them is as well. */
const redactedBytes = Buffer.from('[redacted]').toString('base64');

/** Every text inside goes, in whatever message; numbers and switches stay. */
function hide(value: unknown, isBytes: boolean): unknown {
  if (Array.isArray(value)) return value.map((one) => hide(one, isBytes));
  if (isMessage(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [
        name,
        name === '@type' ? one : hide(one, name === 'inline_bytes'),
      ]),
    );
  }
  if (typeof value !== 'string') return value;
  return isBytes ? redactedBytes : '[redacted]';
}

function field(declared: FieldType | undefined, value: unknown): unknown {
  if (
    declared === undefined ||
    !(declared.type in table.messages || declared.type === 'google.protobuf.Any')
  ) {
    return value;
  }
  if (Array.isArray(value)) return value.map((one) => redact(one, declared.type));
  if (declared.label === 'map' && isMessage(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, redact(one, declared.type)]));
  }
  return redact(value, declared.type);
}

/** @param typeName full name of the message. @returns the same message with `[redacted]` in place of secrets */
export function redact(message: unknown, typeName: string): unknown {
  if (!isMessage(message)) return message;
  const type = typeNameOf(message) || typeName;
  const hidden = sensitive[type] ?? [];
  const fields = table.messages[type]?.fields ?? [];
  return Object.fromEntries(
    Object.entries(message).map(([name, value]) => [
      name,
      hidden.includes(name)
        ? hide(value, false)
        : field(
            fields.find((one) => one.name === name),
            value,
          ),
    ]),
  );
}
