/**
 * The model prepared for reading: fields found by either spelling. Built per message on first use, since a configuration
 * touches a few dozen of 1,500.
 */
import type { ApiModel, EnumModel, FieldModel, MessageModel } from '../model/api-model.js';
import { isSlot } from './slot-keys.js';

/** A field of which something can be said when the whole message is read. */
export interface CheckedField {
  readonly field: FieldModel;
  /** `message.field`. */
  readonly key: string;
  /** Whether its payload has to be an extension of some kind. */
  readonly isSlot: boolean;
}

export interface PreparedMessage {
  readonly name: string;
  readonly fields: readonly FieldModel[];
  /** Those of the fields that have rules or are slots: the others need no second look. */
  readonly checked: readonly CheckedField[];
  /** By snake_case and by lowerCamelCase name. */
  readonly byName: ReadonlyMap<string, FieldModel>;
  readonly requiredOneofs: readonly string[];
}

export interface PreparedEnum {
  /** Upper-case name to proto name. */
  readonly byName: ReadonlyMap<string, string>;
  /** The first name of a number counts (aliases). */
  readonly byNumber: ReadonlyMap<number, string>;
  readonly numbers: Readonly<Record<string, number>>;
}

function prepareMessage(name: string, message: MessageModel): PreparedMessage {
  const byName = new Map<string, FieldModel>();
  for (const field of message.fields) {
    byName.set(field.name, field);
    byName.set(
      field.name.replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase()),
      field,
    );
  }
  const checked = message.fields
    .map((field) => {
      const key = `${name}.${field.name}`;
      return { field, key, isSlot: isSlot(field, key) };
    })
    .filter((one) => one.isSlot || one.field.rules !== undefined);
  return { name, fields: message.fields, checked, byName, requiredOneofs: message.requiredOneofs ?? [] };
}

function prepareEnum(type: EnumModel): PreparedEnum {
  const byName = new Map<string, string>();
  const byNumber = new Map<number, string>();
  for (const [name, number] of Object.entries(type.values)) {
    byName.set(name.toUpperCase(), name);
    if (!byNumber.has(number)) byNumber.set(number, name);
  }
  return { byName, byNumber, numbers: type.values };
}

export class MessageTable {
  readonly #model: ApiModel;
  readonly #messages = new Map<string, PreparedMessage>();
  readonly #enums = new Map<string, PreparedEnum>();

  constructor(model: ApiModel) {
    this.#model = model;
  }

  message(name: string): PreparedMessage | undefined {
    let prepared = this.#messages.get(name);
    const message = this.#model.messages[name];
    if (prepared === undefined && message !== undefined) {
      prepared = prepareMessage(name, message);
      this.#messages.set(name, prepared);
    }
    return prepared;
  }

  enumeration(name: string): PreparedEnum | undefined {
    let prepared = this.#enums.get(name);
    const type = this.#model.enums[name];
    if (prepared === undefined && type !== undefined) {
      prepared = prepareEnum(type);
      this.#enums.set(name, prepared);
    }
    return prepared;
  }

  /** `a.B.FooBarEntry` is the implied message of the map `foo_bar` of `a.B`. */
  isMapEntry(name: string): boolean {
    const match = /^(.+)\.(\w+)Entry$/.exec(name);
    const fields = match === null ? undefined : this.message(match[1] ?? '')?.fields;
    const wanted = match?.[2]?.toLowerCase();
    return (
      fields?.some((field) => field.label === 'map' && field.name.replaceAll('_', '') === wanted) === true
    );
  }

  messageNames(): string[] {
    return Object.keys(this.#model.messages);
  }
}
