/**
 * ProtoJSON to canonical messages: the one place that says what a value of the Envoy API may look like. Everything wrong
 * is reported at once, in document order; what is reported is left out of the result.
 */
import type { Issue, IssueClass, PathStep } from '../issue.js';
import type { ApiModel, FieldModel, FieldRules, ScalarType } from '../model/api-model.js';
import { envelopes, ExtensionTable, messageNameOf } from './extension-table.js';
import type { PreparedMessage } from './message-table.js';
import { MessageTable } from './message-table.js';
import { nearName } from './near-name.js';
import {
  checkBytes,
  checkDuration,
  checkEnum,
  checkItems,
  checkNumber,
  checkPairs,
  checkString,
} from './rules.js';
import { defaultScalar, kindOf, readScalar } from './scalars.js';
import type { SlotIssue } from './slots.js';
import { slotIssue } from './slots.js';
import { wellKnownReaders, wrappers } from './well-known.js';

/** Objects deeper than this are refused, as by Envoy's loader. */
const maxDepth = 100;

export interface ReadOptions {
  /** Full names of messages that the table lacks and that are taken as they are (extensions of an own Envoy build). */
  readonly allowedTypes?: readonly string[];
}

export interface ReadResult {
  /** Canonical: proto spelling of fields and enums, lists always lists, absent fields left out, defaults not filled in. */
  readonly value: unknown;
  readonly issues: readonly Issue[];
}

/** @param typeName full proto name, e.g. `envoy.config.bootstrap.v3.Bootstrap`. @throws when the model lacks it */
export type MessageReader = (typeName: string, value: unknown, options?: ReadOptions) => ReadResult;

type Fields = Record<string, unknown>;

const none: ReadonlySet<string> = new Set();

const scalarNames: ReadonlySet<string> = new Set([
  ...['bool', 'string', 'bytes', 'double', 'float', 'int32', 'uint32', 'sint32', 'fixed32', 'sfixed32'],
  ...['int64', 'uint64', 'sint64', 'fixed64', 'sfixed64'],
]);

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** One reading of one value. Methods return undefined after they reported what is wrong. */
class Reading {
  readonly issues: Issue[] = [];
  readonly #table: MessageTable;
  readonly #extensions: ExtensionTable;
  readonly #allowed: ReadonlySet<string>;
  readonly #path: PathStep[] = [];
  #messageType = '';
  #depth = 0;
  /** Above 0 inside a field whose rules say `skip`. */
  #unruled = 0;

  constructor(table: MessageTable, extensions: ExtensionTable, options: ReadOptions) {
    this.#table = table;
    this.#extensions = extensions;
    this.#allowed = new Set(options.allowedTypes);
  }

  #report(
    issueClass: IssueClass,
    message: string,
    suggestion?: string,
    fix?: string,
    name?: string,
  ): undefined {
    this.issues.push({
      class: issueClass,
      path: [...this.#path],
      message,
      messageType: this.#messageType,
      ...(name === undefined ? {} : { name }),
      ...(suggestion === undefined ? {} : { suggestion }),
      ...(fix === undefined ? {} : { fix }),
    });
    return undefined;
  }

  /** A message of the table in its plain object form. */
  message(typeName: string, value: unknown): Fields | undefined {
    const type = this.#table.message(typeName);
    if (type === undefined) throw new Error(`the API has no message ${typeName}`);
    if (!isObject(value)) return this.#report('parse', `expected an object, got ${kindOf(value)}`);
    if (this.#depth >= maxDepth) return this.#report('parse', `nested deeper than ${maxDepth} objects`);
    const outer = this.#messageType;
    this.#messageType = typeName;
    this.#depth++;
    const out: Fields = {};
    const failed = this.#fields(type, value, out);
    this.#checkMessage(type, out, failed);
    this.#depth--;
    this.#messageType = outer;
    return out;
  }

  /** @returns names of fields that something is wrong with: most messages have none, and no set of their own */
  #fields(type: PreparedMessage, value: Fields, out: Fields): ReadonlySet<string> {
    let failed: Set<string> | undefined;
    let members: Map<string, string> | undefined;
    for (const key of Object.keys(value)) {
      const given = value[key];
      if (given === undefined || key === '@type') continue;
      const field = type.byName.get(key);
      this.#path.push(field?.name ?? key);
      if (field === undefined) {
        const names = type.fields.map(({ name }) => name);
        const near = nearName(key, names);
        this.#report('unknown-field', `${type.name} has no field '${key}'`, near, undefined, key);
        // The older name of a payload: its absence is explained.
        if (key === 'config') failed = (failed ?? new Set()).add('typed_config');
      } else if (given !== null || field.type === 'google.protobuf.Value') {
        if (field.oneof !== undefined) members ??= new Map();
        if (!this.#member(field, given, out, members)) failed = (failed ?? new Set()).add(field.name);
      }
      this.#path.pop();
    }
    return failed ?? none;
  }

  /** @returns whether nothing is wrong with it */
  #member(field: FieldModel, given: unknown, out: Fields, members: Map<string, string> | undefined): boolean {
    // Both spellings of one field may stand side by side, the last one wins; of a oneof only one member may be given.
    const rival = field.oneof === undefined ? undefined : members?.get(field.oneof);
    if (rival === field.name) this.#report('parse', `'${field.name}' is given twice`);
    else if (rival !== undefined) {
      this.#report(
        'parse',
        `'${field.name}' and '${rival}' exclude each other`,
        undefined,
        'keep one of them',
      );
    }
    if (field.oneof !== undefined) members?.set(field.oneof, field.name);
    const before = this.issues.length;
    const skip = field.rules?.skip === true;
    if (skip) this.#unruled++;
    const read = this.#field(field, given);
    if (skip) this.#unruled--;
    if (read !== undefined) out[field.name] = read;
    return read !== undefined && this.issues.length === before;
  }

  #field(field: FieldModel, given: unknown): unknown {
    if (field.label === 'repeated') return this.#list(field, given);
    if (field.label === 'map') return this.#map(field, given);
    return this.#value(field.type, field.rules, given);
  }

  #list(field: FieldModel, given: unknown): unknown[] {
    // Envoy's loader takes one element for a list of one, and flattens lists in lists.
    const flat = Array.isArray(given) ? (given.some(Array.isArray) ? given.flat(maxDepth) : given) : [given];
    const out: unknown[] = [];
    const nested = Array.isArray(given);
    for (const [index, item] of flat.entries()) {
      if (nested) this.#path.push(index);
      const element = item ?? this.#emptyElement(field.type);
      const read = this.#value(field.type, field.rules?.items as FieldRules | undefined, element);
      if (read !== undefined) out.push(read);
      if (nested) this.#path.pop();
    }
    return out;
  }

  /** What a `null` in a list or a map stands for: the default of its type. */
  #emptyElement(type: string): unknown {
    if (scalarNames.has(type)) return defaultScalar(type as ScalarType);
    if (this.#table.enumeration(type) !== undefined) return 0;
    return type === 'google.protobuf.Value' ? null : {};
  }

  #map(field: FieldModel, given: unknown): Fields | undefined {
    if (!isObject(given)) return this.#report('parse', `expected an object, got ${kindOf(given)}`);
    const out: Fields = {};
    for (const [key, item] of Object.entries(given)) {
      if (item === undefined) continue;
      this.#path.push(key);
      if (field.key !== undefined && field.key !== 'string') {
        const result = readScalar(field.key, key);
        if ('error' in result) this.#report('parse', `key: ${result.error}`);
      }
      this.#rules((rules) => checkString(rules, key), field.rules?.keys as FieldRules | undefined);
      const element = item ?? this.#emptyElement(field.type);
      const read = this.#value(field.type, field.rules?.values as FieldRules | undefined, element);
      if (read !== undefined) out[key] = read;
      this.#path.pop();
    }
    return out;
  }

  #rules(check: (rules: FieldRules) => string | undefined, rules: FieldRules | undefined): void {
    if (rules === undefined || this.#unruled > 0) return;
    const broken = check(rules);
    if (broken !== undefined) this.#report('pgv', broken);
  }

  /** One element that is present: a scalar, an enum, a well-known type, an Any or a message. */
  #value(type: string, rules: FieldRules | undefined, given: unknown): unknown {
    if (scalarNames.has(type)) return this.#scalar(type as ScalarType, rules, given);
    const wrapped = wrappers[type];
    if (wrapped !== undefined) {
      // Envoy's loader takes the message itself as well: `{}`, `{ value: 2 }` (measured on 1.40).
      const isWhole = isObject(given) && Object.keys(given).every((key) => key === 'value');
      const inside = isWhole ? (given.value ?? defaultScalar(wrapped)) : given;
      return this.#scalar(wrapped, rules, inside);
    }
    if (type === 'google.protobuf.Any') return this.#any(given);
    const wellKnown = wellKnownReaders[type];
    if (wellKnown !== undefined) {
      const result = wellKnown(given);
      if ('error' in result) return this.#report('parse', result.error, undefined, result.fix);
      if (type === 'google.protobuf.Duration') {
        this.#rules((all) => checkDuration(all, result.value as string), rules);
      }
      return result.value;
    }
    if (this.#table.enumeration(type) !== undefined) return this.#enum(type, rules, given);
    return this.message(type, given);
  }

  #scalar(type: ScalarType, rules: FieldRules | undefined, given: unknown): unknown {
    const result = readScalar(type, given);
    if ('error' in result) return this.#report('parse', result.error, undefined, result.fix);
    this.#rules((all) => checkScalar(all, type, result.value), rules);
    return result.value;
  }

  #enum(typeName: string, rules: FieldRules | undefined, given: unknown): unknown {
    const type = this.#table.enumeration(typeName);
    if (type === undefined) throw new Error(`the API has no enum ${typeName}`);
    if (typeof given === 'string') {
      const name = type.byName.get(given.toUpperCase());
      if (name !== undefined) {
        this.#rules((all) => checkEnum(all, type.numbers[name] ?? 0, true), rules);
        return name;
      }
    }
    const number =
      typeof given === 'number'
        ? given
        : typeof given === 'string' && /^\s*-?\d+\s*$/.test(given)
          ? Number(given)
          : NaN;
    if (Number.isInteger(number)) {
      const name = type.byNumber.get(number);
      this.#rules((all) => checkEnum(all, number, name !== undefined), rules);
      return name ?? number;
    }
    const names = Object.keys(type.numbers);
    if (typeof given !== 'string') {
      return this.#report('parse', `expected ${listNames(names)}, got ${kindOf(given)}`);
    }
    return this.#report(
      'unknown-field',
      `${kindOf(given)} is not one of ${listNames(names)}`,
      nearName(given, names),
      undefined,
      given,
    );
  }

  #any(given: unknown): unknown {
    if (!isObject(given))
      return this.#report('parse', `expected an object with '@type', got ${kindOf(given)}`);
    const url = given['@type'];
    if (url === undefined || url === null) {
      if (Object.keys(given).every((key) => given[key] === undefined || given[key] === null)) return {};
      return this.#report('parse', "'@type' is missing");
    }
    if (typeof url !== 'string' || url.indexOf('/') < 1) {
      const known = typeof url === 'string' && this.#table.message(url) !== undefined;
      const suggestion = known ? `type.googleapis.com/${url}` : undefined;
      this.#path.push('@type');
      const text = typeof url === 'string' ? `'${url}'` : kindOf(url);
      this.#report('parse', `${text} is not of the form 'type.googleapis.com/<message>'`, suggestion);
      this.#path.pop();
      return undefined;
    }
    const name = url.slice(url.lastIndexOf('/') + 1);
    if (this.#allowed.has(name)) return { ...given };
    if (wellKnownReaders[name] !== undefined || wrappers[name] !== undefined) {
      const odd = Object.keys(given).find((key) => key !== '@type' && key !== 'value');
      if (odd !== undefined) {
        this.#path.push(odd);
        const near = nearName(odd, ['value']);
        this.#report('unknown-field', `a ${name} is given as 'value', not as '${odd}'`, near);
        this.#path.pop();
      }
      this.#path.push('value');
      const value = this.#value(name, undefined, given.value ?? {});
      this.#path.pop();
      return value === undefined ? undefined : { '@type': url, value };
    }
    // The entry message of a map is linked too, though nothing can be made of it.
    if (this.#table.isMapEntry(name)) return { ...given };
    if (this.#table.message(name) === undefined) {
      const near = nearName(name, this.#table.messageNames());
      this.#path.push('@type');
      const suggestion = near && `type.googleapis.com/${near}`;
      this.#report('unknown-type', `Envoy has no message '${name}'`, suggestion, undefined, name);
      this.#path.pop();
      return undefined;
    }
    const payload = this.message(name, given);
    if (payload === undefined) return undefined;
    if (envelopes.has(name)) this.#unpack(payload);
    return { '@type': url, ...payload };
  }

  /**
   * The message inside a `TypedStruct`, which Envoy converts when it builds the extension. A type that the API lacks is the
   * slot's matter.
   */
  #unpack(envelope: Fields): void {
    const name = messageNameOf(envelope.type_url);
    const { value } = envelope;
    if (
      value === undefined ||
      this.#table.message(name) === undefined ||
      wellKnownReaders[name] !== undefined
    )
      return;
    this.#path.push('value');
    const read = this.message(name, value);
    this.#path.pop();
    if (read !== undefined) envelope.value = read;
  }

  /** What can be said only when all fields are read: absence, emptiness, slots. */
  #checkMessage(type: PreparedMessage, out: Fields, failed: ReadonlySet<string>): void {
    for (const one of type.checked) {
      const { field, isSlot } = one;
      const bad = failed.has(field.name);
      this.#path.push(field.name);
      if (!bad) this.#checkField(field, out);
      const slot =
        !isSlot || (bad && !(field.name in out))
          ? undefined
          : slotIssue(one, type, out, this.#extensions, this.#allowed);
      if (slot !== undefined) this.#reportSlot(slot);
      this.#path.pop();
    }
    if (this.#unruled > 0) return;
    for (const oneof of type.requiredOneofs) {
      const members = type.fields.filter((field) => field.oneof === oneof);
      if (members.some(({ name }) => name in out || failed.has(name))) continue;
      const names = members.map(({ name }) => name);
      this.#report('pgv', names.length === 1 ? `needs ${names[0]}` : `needs one of ${names.join(', ')}`);
    }
  }

  /** A message in the wrong slot: what its own rules said before does not matter. */
  #reportSlot(slot: SlotIssue): void {
    const at = [...this.#path, ...slot.steps];
    const inside = (issue: Issue) =>
      issue.class === 'pgv' && at.every((step, index) => issue.path[index] === step);
    const same = (issue: Issue) =>
      issue.class === 'extension-config' &&
      issue.path.length === at.length &&
      at.every((step, index) => issue.path[index] === step);
    // The message that holds the slot, and the one around it, may both have a category: the outer one knows better.
    const kept = this.issues.filter((issue) => !inside(issue) && !same(issue));
    this.issues.splice(0, this.issues.length, ...kept);
    this.#path.push(...slot.steps);
    this.#report('extension-config', slot.message, slot.suggestion, slot.fix, slot.name);
    this.#path.length -= slot.steps.length;
  }

  #checkField(field: FieldModel, out: Fields): void {
    const { rules } = field;
    if (rules === undefined || this.#unruled > 0) return;
    const value = out[field.name];
    if (field.label === 'repeated') {
      const items = (value ?? []) as unknown[];
      if (rules.ignore_empty !== true || items.length > 0)
        this.#rules((all) => checkItems(all, items), rules);
      return;
    }
    if (field.label === 'map') {
      const count = Object.keys((value ?? {}) as Fields).length;
      if (rules.ignore_empty !== true || count > 0) this.#rules((all) => checkPairs(all, count), rules);
      return;
    }
    if (value !== undefined) return;
    if (rules.required === true && field.oneof === undefined) {
      this.#report('pgv', 'is required');
      return;
    }
    // An absent scalar has its default value, to which the rules apply too, but not inside of a oneof.
    if (field.oneof !== undefined || rules.ignore_empty === true) return;
    if (scalarNames.has(field.type)) {
      const type = field.type as ScalarType;
      const broken = checkScalar(rules, type, defaultScalar(type));
      if (broken !== undefined) this.#report('pgv', broken === 'must not be empty' ? 'is required' : broken);
    } else if (this.#table.enumeration(field.type) !== undefined) {
      this.#rules((all) => checkEnum(all, 0, true), rules);
    }
  }
}

function checkScalar(rules: FieldRules, type: ScalarType, value: unknown): string | undefined {
  if (rules.ignore_empty === true && (value === '' || value === 0 || value === false)) return undefined;
  if (type === 'string') return checkString(rules, value as string);
  if (type === 'bytes') return checkBytes(rules, value as string);
  if (type === 'bool')
    return rules.const !== undefined && rules.const !== value ? `must be ${rules.const}` : undefined;
  return checkNumber(rules, Number(value));
}

function listNames(names: readonly string[]): string {
  return names.length > 12
    ? `${names.slice(0, 10).join(', ')}, ... (${names.length} values)`
    : names.join(', ');
}

/** Makes the reader of one API. */
export function createReader(model: ApiModel): MessageReader {
  const table = new MessageTable(model);
  const extensions = new ExtensionTable(model);
  return (typeName, value, options = {}) => {
    const reading = new Reading(table, extensions, options);
    const read = reading.message(typeName, value);
    return { value: read ?? {}, issues: reading.issues };
  };
}
