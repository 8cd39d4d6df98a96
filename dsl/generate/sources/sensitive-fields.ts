/**
 * Fields that the API marks as holding secrets (`udpa.annotations.sensitive`). Only conformance comes here.
 */
import { fieldOptions } from './descriptors.js';

/** @returns `message.field` of each, sorted */
export function sensitiveFields(files: ReadonlyMap<string, Buffer>): string[] {
  return fieldOptions(files, 'udpa.annotations.sensitive')
    .filter(({ value }) => value === true)
    .map(({ field, message }) => `${message}.${field}`)
    .sort();
}
