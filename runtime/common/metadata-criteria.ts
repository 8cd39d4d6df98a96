/**
 * `filter_metadata.envoy.lb`: what hosts are told apart by, and what routes want of them (`metadata_match`).
 */
import type { Fields } from './message-fields.js';
import { messageOf } from './message-fields.js';

/** One key that a host is wanted to have, and its value. Lists of them are sorted by key. */
export interface MetadataCriterion {
  readonly key: string;
  readonly value: unknown;
  /** Of the value, so that equal values are equal texts. */
  readonly json: string;
}

/** JSON in which the order of keys does not count. */
export function comparableJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([left], [right]) => (left < right ? -1 : 1)))
      : part,
  );
}

/** What balancers look at of a `Metadata`; `{}` when there is nothing. */
export function lbMetadataOf(metadata: unknown): Fields {
  return messageOf(messageOf(messageOf(metadata).filter_metadata)['envoy.lb']);
}

/** @param fields of `envoy.lb`, or of a `default_subset` */
export function metadataCriteria(fields: Fields): readonly MetadataCriterion[] {
  return Object.entries(fields)
    .map(([key, value]) => ({ key, value, json: comparableJson(value) }))
    .sort((left, right) => (left.key < right.key ? -1 : 1));
}

/** Both together; where they have a key in common, `over` counts. */
export function overrideCriteria(
  criteria: readonly MetadataCriterion[],
  over: readonly MetadataCriterion[],
): readonly MetadataCriterion[] {
  const merged = new Map(criteria.map((one) => [one.key, one]));
  for (const one of over) merged.set(one.key, one);
  return [...merged.values()].sort((left, right) => (left.key < right.key ? -1 : 1));
}

/**
 * Whether a host has all of them.
 * @param fields `envoy.lb` of the host
 * @param listAsAny a list of the host fits when one of its values does
 */
export function hasMetadata(
  fields: Fields,
  criteria: readonly MetadataCriterion[],
  listAsAny: boolean,
): boolean {
  return criteria.every(({ json, key }) => {
    const value = fields[key];
    if (value === undefined) return false;
    if (comparableJson(value) === json) return true;
    return listAsAny && Array.isArray(value) && value.some((one) => comparableJson(one) === json);
  });
}
