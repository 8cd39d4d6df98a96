/**
 * E3001: clusters and static secrets are named once. E3013: a secret holds something. Envoy takes listeners and virtual hosts of one name (the first
 * listener stays), so those are no errors.
 */
import type { Path } from '../../dsl/api/index.js';
import type { BootstrapView, Message } from './bootstrap-view.js';
import { textAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';

function* duplicates(
  messages: readonly Message[],
  what: string,
  key: (message: Message) => string,
): Generator<Finding> {
  const first = new Map<string, Path>();
  for (const message of messages) {
    const name = textAt(message.value.name);
    const path = [...message.path, 'name'];
    const before = first.get(key(message));
    if (before === undefined) first.set(key(message), path);
    else {
      yield {
        code: 'E3001',
        severity: 'error',
        path,
        message: `there are two ${what}s with the name '${name}'`,
        fix: 'rename one of them',
        related: { path: before, message: 'the first one' },
      };
    }
  }
}

const secretKinds = ['tls_certificate', 'session_ticket_keys', 'validation_context', 'generic_secret'];

export function* duplicateNames(view: BootstrapView): Generator<Finding> {
  yield* duplicates(view.clusters, 'cluster', ({ value }) => textAt(value.name));
  const secrets = view.root.at('static_resources').list('secrets');
  const kind = ({ value }: Message): string | undefined =>
    secretKinds.find((name) => value[name] !== undefined);
  for (const secret of secrets) {
    if (kind(secret) !== undefined) continue;
    yield {
      code: 'E3013',
      severity: 'error',
      path: secret.path,
      message: 'the secret holds nothing',
      fix: `set one of ${secretKinds.join(', ')}`,
    };
  }
  // Each kind has names of its own.
  yield* duplicates(
    secrets.filter((secret) => kind(secret) !== undefined),
    'secret',
    (secret) => `${kind(secret)} ${textAt(secret.value.name)}`,
  );
}
