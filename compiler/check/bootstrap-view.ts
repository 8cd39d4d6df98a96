/**
 * A canonical bootstrap, walked once along the API table: every message with its type, its path and the message that
 * holds it. Checks and lint rules ask it instead of walking the tree themselves.
 */
import { table } from '../../dsl/api/generated/table.js';
import type { Path, PathStep } from '../../dsl/api/index.js';
import type { ApiModel } from '../../dsl/api/model/api-model.js';
import type { Finding } from './finding.js';
import type { Machine } from './machine.js';

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsAt(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export function listAt(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The text; `''` when there is none, as proto3 has it. */
export function textAt(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

export function numberAt(value: unknown): number | undefined {
  return typeof value === 'number'
    ? value
    : typeof value === 'string' && value !== ''
      ? Number(value)
      : undefined;
}

export function isSet(value: unknown): boolean {
  return value !== undefined && value !== null;
}

/** Envelopes of a payload: their `type_url` says what `value` is. */
const envelopes: ReadonlySet<string> = new Set(['xds.type.v3.TypedStruct', 'udpa.type.v1.TypedStruct']);

function nameIn(url: unknown): string {
  const text = textAt(url);
  return text.slice(text.lastIndexOf('/') + 1);
}

/** Message name of an Any payload, of the one inside when it is an envelope; `''` for other objects. */
export function typeOf(value: unknown): string {
  const name = nameIn(fieldsAt(value)['@type']);
  return envelopes.has(name) ? nameIn(fieldsAt(value).type_url) : name;
}

function isEnvelope(value: Fields): boolean {
  return envelopes.has(nameIn(value['@type']));
}

/** A message somewhere in the bootstrap. */
export class Message {
  readonly value: Fields;
  /** Full proto name; the payload's for an Any. */
  readonly type: string;
  readonly parent: Message | undefined;
  readonly #steps: Path;

  constructor(value: Fields, type: string, parent: Message | undefined, steps: Path) {
    this.value = value;
    this.type = type;
    this.parent = parent;
    this.#steps = steps;
  }

  get path(): Path {
    const path: PathStep[] = [];
    this.#collect(path);
    return path;
  }

  /** The field of the parent that this stands in. */
  get field(): PathStep | undefined {
    return this.#steps[0];
  }

  #collect(path: PathStep[]): void {
    if (this.parent !== undefined) this.parent.#collect(path);
    path.push(...this.#steps);
  }

  /** The nearest message around this one, or this one, that is of the type. */
  within(type: string): Message | undefined {
    let message: Message | undefined = this;
    while (message !== undefined && message.type !== type) message = message.parent;
    return message;
  }

  /** A message of the field, an empty one when it is not set. */
  at(field: string): Message {
    return new Message(fieldsAt(this.value[field]), '', this, [field]);
  }

  /** Messages of a repeated field. */
  list(field: string): Message[] {
    return listAt(this.value[field]).map(
      (item, index) => new Message(fieldsAt(item), '', this, [field, index]),
    );
  }
}

interface Slot {
  readonly type: string;
  readonly map: boolean;
}

type SlotsOfType = Map<string, ReadonlyMap<string, Slot>>;

const slotsOfModel = new WeakMap<ApiModel, SlotsOfType>();

function slotsIn(api: ApiModel): SlotsOfType {
  const slotsOfType = slotsOfModel.get(api) ?? new Map();
  slotsOfModel.set(api, slotsOfType);
  return slotsOfType;
}

/** The fields of a message that hold messages. */
function slots(type: string, slotsOfType: SlotsOfType, api: ApiModel): ReadonlyMap<string, Slot> {
  let found = slotsOfType.get(type);
  if (found === undefined) {
    const fields = type.startsWith('google.protobuf.') ? [] : (api.messages[type]?.fields ?? []);
    found = new Map(
      fields
        .filter((field) => field.type in api.messages)
        .map((field) => [field.name, { type: field.type, map: field.label === 'map' }]),
    );
    slotsOfType.set(type, found);
  }
  return found;
}

const none: readonly Message[] = [];

/** What `--service-node` and `--service-cluster` say: it takes the place of empty fields of `node`. */
export interface NodeDefaults {
  readonly serviceNode?: string;
  readonly serviceCluster?: string;
  /** The machine on which the proxy will run; undefined: nothing outside of the configuration is looked at. */
  readonly machine?: Machine;
}

export class BootstrapView {
  readonly root: Message;
  readonly clusters: readonly Message[];
  readonly listeners: readonly Message[];
  /** Who Envoy says it is; empty texts when nobody does. */
  readonly node: { readonly id: string; readonly cluster: string };
  /** The value before it was made canonical; undefined when it is not known. */
  readonly written: unknown;
  readonly machine: Machine | undefined;
  /** The API of the Envoy that is to take it. */
  readonly api: ApiModel;
  readonly #slots: SlotsOfType;
  readonly #byType = new Map<string, Message[]>();

  constructor(
    bootstrap: unknown,
    { machine, serviceNode = '', serviceCluster = '' }: NodeDefaults = {},
    written?: unknown,
    api: ApiModel = table,
  ) {
    this.written = written;
    this.api = api;
    this.machine = machine;
    this.#slots = slotsIn(api);
    this.root = this.#walk(fieldsAt(bootstrap), 'envoy.config.bootstrap.v3.Bootstrap', undefined, []);
    const resources = this.root.at('static_resources');
    this.clusters = resources.list('clusters');
    this.listeners = resources.list('listeners');
    const node = this.root.at('node').value;
    this.node = { id: textAt(node.id) || serviceNode, cluster: textAt(node.cluster) || serviceCluster };
  }

  /** The types that occur. */
  get types(): readonly string[] {
    return [...this.#byType.keys()];
  }

  /** Every message of the type, in document order. */
  all(type: string): readonly Message[] {
    return this.#byType.get(type) ?? none;
  }

  #walk(value: Fields, declared: string, parent: Message | undefined, steps: Path): Message {
    const type = typeOf(value) || declared;
    if (isEnvelope(value)) return this.#walk(fieldsAt(value.value), type, parent, [...steps, 'value']);
    const message = new Message(value, type, parent, steps);
    const same = this.#byType.get(type);
    if (same === undefined) this.#byType.set(type, [message]);
    else same.push(message);
    const inner = slots(type, this.#slots, this.api);
    for (const key of Object.keys(value)) {
      const child = value[key];
      const slot = inner.get(key);
      if (slot === undefined || typeof child !== 'object' || child === null) continue;
      if (Array.isArray(child)) {
        for (const [index, item] of child.entries())
          this.#walk(fieldsAt(item), slot.type, message, [key, index]);
      } else if (slot.map) {
        for (const [name, item] of Object.entries(child)) {
          if (typeof item === 'object') this.#walk(fieldsAt(item), slot.type, message, [key, name]);
        }
      } else this.#walk(child as Fields, slot.type, message, [key]);
    }
    return message;
  }
}

/** One check: looks at everything, says what Envoy would refuse. */
export type Check = (view: BootstrapView) => Iterable<Finding>;
