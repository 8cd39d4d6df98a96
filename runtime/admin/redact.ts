/**
 * A copy of a configuration without its secrets.
 */

/** Fields that Envoy marks as sensitive: every text inside of them goes. */
const sensitive: ReadonlySet<string> = new Set([
  'private_key',
  'private_key_provider',
  'password',
  'pkcs12',
  'session_ticket_keys',
  'generic_secret',
  'auth_username',
  'auth_password',
  'access_key_id',
  'secret_access_key',
  'session_token',
  'access_token',
  'json_key',
  'json_token',
  'google_refresh_token',
]);

/** Fields that are sensitive in messages of some types only, by the last name of the type. */
const sensitiveOf: Readonly<Record<string, readonly string[]>> = {
  BasicAuth: ['users'],
  BasicAuthPerRoute: ['users'],
};

/** Bytes are base64 in JSON, so what replaces them is as well. */
const redactedBytes = Buffer.from('[redacted]').toString('base64');

function hide(value: unknown, key: string): unknown {
  if (Array.isArray(value)) return value.map((one) => hide(one, key));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [name, name === '@type' ? one : hide(one, name)]),
    );
  }
  if (key === 'inline_bytes') return redactedBytes;
  return typeof value === 'string' ? '[redacted]' : value;
}

/** @returns the same message with `[redacted]` in place of private keys, passwords and other secrets */
export function redact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(redact);
  if (typeof value !== 'object' || value === null) return value;
  const type = (value as { '@type'?: unknown })['@type'];
  const ofType = typeof type === 'string' ? sensitiveOf[type.slice(type.lastIndexOf('.') + 1)] : undefined;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [
      name,
      sensitive.has(name) || ofType?.includes(name) ? hide(one, name) : redact(one),
    ]),
  );
}
