/**
 * E3027: fields and enum values that Envoy still parses and refuses to run with (`disallowed_by_default`), be it only
 * because they are the default of an enum that nobody set.
 */
import type { ApiModel, FieldModel } from '../../dsl/api/model/api-model.js';
import type { BootstrapView, Message } from './bootstrap-view.js';
import { isSet } from './bootstrap-view.js';
import type { Finding } from './finding.js';

function finding(path: Finding['path'], message: string, fix: string): Finding {
  return { code: 'E3027', severity: 'error', path, message, fix };
}

/** The value that stands for "not set". */
function defaultOf(values: Readonly<Record<string, number>>): string | undefined {
  return Object.keys(values).find((name) => values[name] === 0);
}

function judge(message: Message, field: FieldModel, api: ApiModel): Finding | undefined {
  const value = message.value[field.name];
  if (field.deprecated === 'fatal') {
    if (!isSet(value)) return undefined;
    return finding([...message.path, field.name], `Envoy no longer takes ${field.name}`, 'remove it');
  }
  const type = api.enums[field.type];
  if (type?.fatal === undefined || field.label !== undefined) return undefined;
  const inForce = isSet(value) ? String(value) : defaultOf(type.values);
  if (inForce === undefined || !type.fatal.includes(inForce)) return undefined;
  const others = Object.keys(type.values).filter((name) => !type.fatal?.includes(name));
  const path = isSet(value) ? [...message.path, field.name] : message.path;
  const text = isSet(value) ? `Envoy no longer takes ${inForce}` : `${field.name} must be set`;
  return finding(path, text, `set ${field.name} to one of ${others.join(', ')}`);
}

/** Told by the check of sources, which knows more of them. */
const elsewhere: ReadonlySet<string> = new Set(['envoy.config.core.v3.ApiConfigSource']);

export function* removedApi(view: BootstrapView): Generator<Finding> {
  const { api } = view;
  for (const type of view.types) {
    if (elsewhere.has(type)) continue;
    for (const field of api.messages[type]?.fields ?? []) {
      if (field.deprecated !== 'fatal' && api.enums[field.type]?.fatal === undefined) continue;
      for (const message of view.all(type)) {
        const found = judge(message, field, api);
        if (found !== undefined) yield found;
      }
    }
  }
}
