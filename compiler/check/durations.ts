/**
 * E3016: Envoy refuses a duration below zero, and one of 292 years or more, in whatever field it stands
 * (`DurationUtil` counts nanoseconds in 64 bits).
 */
import { table } from '../../dsl/api/generated/table.js';
import { parseDuration } from '../../dsl/api/index.js';
import type { BootstrapView, Message } from './bootstrap-view.js';
import { listAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';

/** Whole seconds from which on Envoy says out-of-range. */
const limitSeconds = 9_223_372_036;

function judge(text: unknown, path: Finding['path']): Finding | undefined {
  const parts = typeof text === 'string' ? parseDuration(text) : undefined;
  if (parts === undefined) return undefined;
  const negative = parts.seconds < 0 || parts.nanos < 0;
  if (!negative && parts.seconds < limitSeconds) return undefined;
  return {
    code: 'E3016',
    severity: 'error',
    path,
    message: negative
      ? `a duration cannot be negative: ${text}`
      : `the duration ${text} is too long for Envoy`,
    fix: negative ? 'take one of 0s or more' : 'take one below 292 years',
  };
}

function* durationsOf(message: Message, field: string): Generator<Finding> {
  const value = message.value[field];
  if (value === undefined) return;
  if (!Array.isArray(value)) {
    const finding = judge(value, [...message.path, field]);
    if (finding !== undefined) yield finding;
    return;
  }
  for (const [index, item] of listAt(value).entries()) {
    const finding = judge(item, [...message.path, field, index]);
    if (finding !== undefined) yield finding;
  }
}

export function* durations(view: BootstrapView): Generator<Finding> {
  for (const type of view.types) {
    const fields = table.messages[type]?.fields.filter((field) => field.type === 'google.protobuf.Duration');
    for (const { name } of fields ?? []) {
      for (const message of view.all(type)) {
        if (message.value[name] !== undefined) yield* durationsOf(message, name);
      }
    }
  }
}
