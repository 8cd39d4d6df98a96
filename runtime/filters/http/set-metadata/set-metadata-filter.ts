/**
 * `envoy.filters.http.set_metadata`: puts values of the configuration into the dynamic metadata of every request.
 */
import type { Fields } from '../../../common/message-fields.js';
import { messageOf, messagesOf, textOf } from '../../../common/message-fields.js';
import type { SupportedFields } from '../../../config/supported-fields.js';
import type { FilterStatus, HttpFilterFactory, StreamFilterCallbacks } from '../../../http/filter.js';
import type { Counter } from '../../../stats/stat.js';

const message = 'envoy.extensions.filters.http.set_metadata.v3.';

interface Entry {
  readonly namespace: string;
  readonly value: Fields;
  /** Otherwise values stay that are there. */
  readonly mayOverwrite: boolean;
}

const isStruct = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Members are merged, lists joined, everything else is replaced (`StructUtil::update`). */
function merge(before: unknown, value: unknown): unknown {
  if (Array.isArray(before) && Array.isArray(value))
    return [...(before as unknown[]), ...(value as unknown[])];
  if (!isStruct(before) || !isStruct(value)) return value;
  const merged: Record<string, unknown> = { ...before };
  for (const [name, member] of Object.entries(value)) merged[name] = merge(before[name], member);
  return merged;
}

/** The older fields merge their value into what is there, and so may the newer ones. */
function entriesOf(config: Fields): readonly Entry[] {
  const entries = messagesOf(config.metadata).map((one) => ({
    namespace: textOf(one.metadata_namespace),
    value: messageOf(one.value),
    mayOverwrite: one.allow_overwrite === true,
  }));
  if (config.value === undefined) return entries;
  const older = {
    namespace: textOf(config.metadata_namespace),
    value: messageOf(config.value),
    mayOverwrite: true,
  };
  return [older, ...entries];
}

function write(callbacks: StreamFilterCallbacks, entries: readonly Entry[], overwriteDenied: Counter): void {
  for (const { mayOverwrite, namespace, value } of entries) {
    const before = callbacks.info.dynamicMetadata(namespace, []);
    if (!mayOverwrite && before !== undefined) {
      overwriteDenied.inc();
      continue;
    }
    callbacks.setDynamicMetadata(namespace, merge(before, value) as Fields);
  }
}

/** `envoy.extensions.filters.http.set_metadata.v3.Config`. */
export const setMetadataFilterFactory: HttpFilterFactory = {
  kind: 'stream',
  create(config, { statPrefix, stats }) {
    const entries = entriesOf(messageOf(config));
    const overwriteDenied = stats.counter(`${statPrefix}set_metadata.overwrite_denied`);
    return (callbacks) => ({
      decodeHeaders(): FilterStatus {
        write(callbacks, entries, overwriteDenied);
        return 'continue';
      },
    });
  },
};

export const setMetadataSupportedFields: SupportedFields = {
  [`${message}Config`]: { metadata_namespace: true, value: true, metadata: true },
  [`${message}Metadata`]: { metadata_namespace: true, allow_overwrite: true, value: true },
};
