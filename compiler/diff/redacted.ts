/**
 * Which values are never shown: those that the API marks as sensitive, and what stands in for a secret in a source of data.
 */
const secretFields: ReadonlySet<string> = new Set([
  ...[
    'private_key',
    'pkcs12',
    'password',
    'keys',
    'secret',
    'secrets',
    'secret_data',
    'backend_token',
    'credentials',
  ],
  ...['users', 'auth_password', 'auth_username', 'downstream_auth_password', 'downstream_auth_passwords'],
  ...['downstream_auth_username', 'secret_access_key', 'session_token', 'private_key_provider'],
  ...['web_identity_token_data_source', 'credentials_data_source', 'hmac_secret', 'token_secret'],
]);

/** Names of files and of secrets are no secrets; only what is written inline is. */
const inline: ReadonlySet<string> = new Set(['inline_string', 'inline_bytes', 'environment_variable']);

/** What stands in the place of a secret. */
export const redactedText = '[redacted]';

/** True when a value at this path must not be shown. */
export function isSecret(path: readonly (string | number)[]): boolean {
  const last = path.at(-1);
  const isFile = last === 'filename' || last === 'name' || last === '@type' || last === 'sds_config';
  return !isFile && path.some((step) => typeof step === 'string' && secretFields.has(step));
}

/** A copy without secrets, for a value at a path. */
export function withoutSecrets(value: unknown, path: readonly (string | number)[] = []): unknown {
  if (Array.isArray(value)) return value.map((item, index) => withoutSecrets(item, [...path, index]));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([key, member]) => [key, withoutSecrets(member, [...path, key])]),
    );
  }
  const parent = path.at(-1);
  return isSecret(path) || (inline.has(String(parent)) && isSecret(path.slice(0, -1))) ? redactedText : value;
}
