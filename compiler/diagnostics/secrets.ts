/**
 * What nobody may read in a diagnostic: the values of fields that Envoy's API marks as sensitive
 * (`udpa.annotations.sensitive`).
 */
import type { Path } from '../../dsl/api/index.js';
import type { Diagnostic, SourceLocation } from './diagnostic.js';

/**
 * Names of those fields, of all messages: too much is hidden rather than too little. Conformance compares them with the
 * descriptors inside of Envoy.
 */
export const sensitive: ReadonlySet<string> = new Set([
  ...['private_key', 'private_key_provider', 'password', 'pkcs12', 'session_ticket_keys', 'generic_secret'],
  ...['secret_data', 'backend_token', 'web_identity_token_data_source', 'credentials_data_source'],
  ...['secret_access_key', 'session_token', 'credentials', 'users', 'context_extensions'],
  ...['auth_password', 'auth_username', 'downstream_auth_password', 'downstream_auth_passwords'],
  ...['downstream_auth_username', 'inline_bytes'],
]);

/** Below a sensitive field, what says where the secret is, not what it is. */
const harmless: ReadonlySet<string> = new Set([
  'filename',
  'environment_variable',
  'name',
  'client',
  '@type',
  'provider_name',
]);

const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

const camel = (key: string): string =>
  key.replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());

/** In either spelling. */
const sensitiveKeys: ReadonlySet<string> = new Set([...sensitive].flatMap((name) => [name, camel(name)]));

/** Shorter texts are in every other line by chance. */
const shortest = 4;

function collect(value: unknown, inside: boolean, found: Set<string>): void {
  if (typeof value === 'string') {
    if (!inside) return;
    for (const line of value.split(/\r?\n/)) if (line.trim().length >= shortest) found.add(line.trim());
  } else if (typeof value === 'object' && value !== null) {
    const fields = value as Readonly<Record<string, unknown>>;
    for (const key of Object.keys(fields)) {
      if (!harmless.has(key)) collect(fields[key], inside || sensitiveKeys.has(key), found);
    }
  }
}

/** Every secret text of a bootstrap, line by line. It need not be well-formed. */
export function secretsOf(bootstrap: unknown): readonly string[] {
  const found = new Set<string>();
  collect(bootstrap, false, found);
  return [...found];
}

/** Whether a path goes through a sensitive field. */
export function isSensitive(path: Path): boolean {
  return path.some((step) => typeof step === 'string' && sensitive.has(snake(step)));
}

export const hidden = '(hidden)';

/** Texts with the secrets taken out. */
function masked(text: string, secrets: readonly string[]): string {
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, hidden), text);
}

/**
 * A diagnostic that says nothing secret: values in its texts are masked, and lines around its place that hold one are
 * marked as not to be shown.
 * @param linesOf lines of a file of a location; undefined when it cannot be read
 */
export function hideSecrets(
  diagnostic: Diagnostic,
  secrets: readonly string[],
  linesOf: (file: string) => readonly string[] | undefined,
): Diagnostic {
  if (secrets.length === 0) return diagnostic;
  const { location, help } = diagnostic;
  return {
    ...diagnostic,
    message: masked(diagnostic.message, secrets),
    ...(help === undefined ? {} : { help: masked(help, secrets) }),
    ...(location === undefined ? {} : { location: withHiddenLines(location, secrets, linesOf) }),
  };
}

function withHiddenLines(
  location: SourceLocation,
  secrets: readonly string[],
  linesOf: (file: string) => readonly string[] | undefined,
): SourceLocation {
  const lines = linesOf(location.file);
  if (lines === undefined) return location;
  const around = [location.line - 1, location.line, location.line + 1];
  const hiddenLines = around.filter((line) => secrets.some((secret) => lines[line - 1]?.includes(secret)));
  return hiddenLines.length === 0 ? location : { ...location, hiddenLines };
}
