import type { Finding } from './finding.js';
import { entriesOf, fieldsAt } from './walk.js';

const kinds = ['tls_certificate', 'session_ticket_keys', 'validation_context', 'generic_secret'];

/** A static secret without content. */
export function emptySecrets(bootstrap: unknown): Finding[] {
  const { secrets } = fieldsAt(fieldsAt(bootstrap).static_resources);
  return [...entriesOf(secrets, ['static_resources', 'secrets'])]
    .filter(({ value }) => kinds.every((kind) => value[kind] === undefined))
    .map(({ path }) => ({
      code: 'E3013',
      severity: 'error' as const,
      path,
      message: `a secret needs one of ${kinds.join(', ')}`,
    }));
}
