/**
 * The contract of the rules that rewrite v2, and the rules of which there are many.
 */
import type { YAMLMap } from 'yaml';
import { isMap } from 'yaml';
import type { MapEdit } from './map-edit.js';
import { nodeOf } from './map-edit.js';

/** Tells of a rewrite. @param field at which it stands */
export type Report = (field: string, message: string) => void;

/** Changes the mapping in place. */
export type MigrationRule = (edit: MapEdit, report: Report) => void;

/** Prefix of every `@type`. */
export const any = 'type.googleapis.com/';

/** A field of another name; both have the same value. */
export function renamed(from: string, to: string): MigrationRule {
  return (edit, report) => {
    const pair = edit.pair(from);
    if (pair === undefined || edit.has(to)) return;
    report(from, `${from} is ${to} now`);
    edit.rename(from, to);
  };
}

/** A field that nothing took the place of. */
export function dropped(field: string, why: string): MigrationRule {
  return (edit, report) => {
    if (!edit.has(field)) return;
    report(field, `${field} is gone: ${why}`);
    edit.remove(field);
  };
}

/** A mapping with `@type` in front. */
export function typed(type: string, value: unknown): unknown {
  const map = nodeOf({ '@type': type }) as YAMLMap;
  if (isMap(value)) map.items.push(...(value as YAMLMap).items.map((pair) => pair as never));
  return map;
}

/** `V2`, or the `AUTO` that nobody wrote, are not served any more. */
export function versionSet(
  field: string,
  among: readonly string[] = ['api_config_source', 'ads', 'api_type'],
): MigrationRule {
  return (edit, report) => {
    const value = edit.text(field);
    const beside = among.find((one) => edit.has(one));
    if (value === 'V3' || (value === undefined && beside === undefined)) return;
    report(value === undefined ? (beside ?? field) : field, `${field} must be V3`);
    edit.set(field, 'V3');
  };
}
