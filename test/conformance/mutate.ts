/**
 * Single faults in canonical bootstraps, drawn from a seed: wrong kinds, misspelt names, dropped and added fields, ranges,
 * enums, oneofs, durations, addresses, regexes, references, duplicates, order, extensions.
 */
import type { Message } from '../../compiler/check/bootstrap-view.js';
import { BootstrapView } from '../../compiler/check/bootstrap-view.js';
import { table } from '../../dsl/api/generated/table.js';
import type { FieldModel } from '../../dsl/api/model/api-model.js';

/** Numbers from 0 to 1, the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let value = Math.imul(state ^ (state >>> 15), state | 1);
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61);
    return ((value ^ (value >>> 14)) >>> 0) / 4294967296;
  };
}

export interface Mutant {
  readonly kind: string;
  /** What was done, for a report. */
  readonly text: string;
  readonly value: unknown;
}

type Tree = Record<string, unknown>;

const strings = [
  ...[
    '',
    ' ',
    'a b',
    'x',
    '%',
    '%REQ(',
    '%REQ(:path)%',
    '100%',
    '%NOPE%',
    '/',
    '*',
    'a\u0000b',
    'é',
    '\n',
    '{',
    '{{x}}',
  ],
  ...[
    '0',
    '-1',
    'true',
    'null',
    'http://a',
    'a:b',
    ':a',
    'A'.repeat(300),
    '../x',
    '1.2.3.4',
    'localhost',
    'a,b',
    '[',
    '$',
    '\\',
  ],
];
const durations = [
  '0s',
  '1s',
  '-1s',
  '0.0000000001s',
  '5',
  '1m',
  '0.5s',
  '999999999s',
  '400000000000s',
  '',
  '1.5s',
  '3600s',
];
const addresses = [
  '',
  'localhost',
  '::1',
  '::',
  '999.1.1.1',
  '1.2.3.4/24',
  '0.0.0.0',
  '[::1]',
  '1.2.3',
  'example.com',
  'fe80::1%eth0',
];
const regexes = [
  '',
  '[',
  '(',
  'a(?!b)',
  '(a)\\1',
  '.*',
  '^/a$',
  '\\d+',
  '(?i)x',
  'a{1001}',
  'a**',
  '\\p{L}',
  '(?P<n>a)',
  '(?<n>a)',
  '[[:alpha:]]',
  '\\Qa\\E',
  '\\C',
  'x{2,1}',
  '\\z',
  '\\A/',
];
const numbers = [0, 1, -1, 2, 99, 100, 101, 256, 1000, 65535, 65536, 4294967295, 4294967296, 1.5, 1e10];
const paths = [
  '',
  'a',
  '/a?b',
  '/a#b',
  '*',
  '/',
  '//',
  '/%zz',
  'é',
  '/a b',
  '/{x}/*',
  '/**',
  '/{x',
  '/a/**/b',
];
const domains = ['', '*', '*.com', 'a.*', '*a*', 'a b', '[::1]', 'a:80', 'A.com', '*.a.*', 'é.com'];

class Mutator {
  readonly #random: () => number;
  readonly #value: unknown;
  readonly #messages: readonly Message[];

  constructor(bootstrap: unknown, random: () => number) {
    this.#random = random;
    this.#value = structuredClone(bootstrap);
    const view = new BootstrapView(this.#value);
    this.#messages = view.types.filter((type) => type in table.messages).flatMap((type) => view.all(type));
  }

  pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.#random() * list.length)] as T;
  }

  #fieldsOf(message: Message): readonly FieldModel[] {
    return table.messages[message.type]?.fields ?? [];
  }

  /** Set fields of all messages that the test takes. */
  #set(test: (field: FieldModel, value: unknown) => boolean): { message: Message; field: FieldModel }[] {
    return this.#messages.flatMap((message) =>
      this.#fieldsOf(message)
        .filter(({ name }) => message.value[name] !== undefined)
        .filter((field) => test(field, message.value[field.name]))
        .map((field) => ({ message, field })),
    );
  }

  /** A small value of the kind that the field has. */
  minimal(field: FieldModel, depth = 0): unknown {
    const one = this.#one(field, depth);
    if (field.label === 'map') return { [field.key === 'string' ? 'x' : '1']: one };
    return field.label === 'repeated' ? [one] : one;
  }

  #one(field: FieldModel, depth: number): unknown {
    const { type } = field;
    const values = table.enums[type]?.values;
    if (values !== undefined) return this.pick(Object.keys(values));
    if (type === 'string') return this.pick(['x', 'a.b', '/x', '1.2.3.4']);
    if (type === 'bytes') return 'eA==';
    if (type === 'bool' || type === 'google.protobuf.BoolValue') return this.#random() < 0.5;
    if (type === 'google.protobuf.Duration') return this.pick(['1s', '0s', '0.1s', '60s']);
    if (type === 'google.protobuf.Any' && field.category !== undefined)
      return this.#extension(field.category);
    if (type === 'google.protobuf.StringValue') return 'x';
    if (/Value$/.test(type) && type.startsWith('google.protobuf.')) return this.pick([0, 1, 5]);
    const message = table.messages[type];
    if (message === undefined) return this.pick([0, 1, 5]);
    if (type.startsWith('google.protobuf.') || depth > 3 || this.#random() < 0.2) return {};
    const out: Tree = {};
    // What has to be there mostly is, so that constructors are reached.
    for (const inner of message.fields) {
      const { rules } = inner;
      const required =
        rules?.required === true || Number(rules?.min_len ?? rules?.min_items ?? rules?.min_bytes ?? 0) > 0;
      if (required && inner.oneof === undefined) out[inner.name] = this.minimal(inner, depth + 1);
    }
    for (const oneof of message.requiredOneofs ?? []) {
      const member = this.pick(message.fields.filter((inner) => inner.oneof === oneof));
      if (member !== undefined) out[member.name] = this.minimal(member, depth + 1);
    }
    return out;
  }

  #extension(categories: string): unknown {
    const fitting = table.extensions.filter(
      ({ category, types }) => categories.split(',').includes(category) && types.length > 0,
    );
    const found = this.pick(
      fitting.length > 0 ? fitting : table.extensions.filter(({ types }) => types.length > 0),
    );
    return { '@type': `type.googleapis.com/${found.types[0]}` };
  }

  #change(kind: string, message: Message, field: string, value: unknown): Mutant {
    const target = message.value as Tree;
    if (value === undefined) delete target[field];
    else target[field] = value;
    const shown = value === undefined ? 'gone' : JSON.stringify(value)?.slice(0, 160);
    return { kind, text: `${message.path.join('.')} ${field} = ${shown}`, value: this.#value };
  }

  /** One entry of a repeated field, or the field itself. */
  #put(kind: string, { message, field }: { message: Message; field: FieldModel }, value: unknown): Mutant {
    const old = message.value[field.name];
    if (!Array.isArray(old) || old.length === 0) return this.#change(kind, message, field.name, value);
    const list = [...old];
    list[Math.floor(this.#random() * list.length)] = value;
    return this.#change(kind, message, field.name, list);
  }

  #someField(
    kind: string,
    test: (field: FieldModel, value: unknown) => boolean,
    values: readonly unknown[],
  ): Mutant | undefined {
    const found = this.#set(test);
    return found.length === 0 ? undefined : this.#put(kind, this.pick(found), this.pick(values));
  }

  readonly kinds: Readonly<Record<string, () => Mutant | undefined>> = {
    'wrong-type': () =>
      this.#someField('wrong-type', () => true, ['x', 5, true, {}, [], { a: 1 }, ['x'], null, [null]]),
    'drop-field': () => {
      const found = this.#set(() => true);
      if (found.length === 0) return undefined;
      const { message, field } = this.pick(found);
      return this.#change('drop-field', message, field.name, undefined);
    },
    'drop-type': () => {
      const found = this.#messages.filter(({ value }) => value['@type'] !== undefined);
      return found.length === 0 ? undefined : this.#change('drop-type', this.pick(found), '@type', undefined);
    },
    'any-type': () => {
      const found = this.#messages.filter(({ value }) => value['@type'] !== undefined);
      if (found.length === 0) return undefined;
      const type = this.pick(table.extensions.filter(({ types }) => types.length > 0)).types[0];
      return this.#change(
        'any-type',
        this.pick(found),
        '@type',
        `type.googleapis.com/${this.pick([type, 'nope.v1.X', type])}`,
      );
    },
    range: () =>
      this.#someField(
        'range',
        ({ type, label }) =>
          label !== 'map' && /^u?int|^double|^float|^google.protobuf.(UInt|Int|Double|Float)/.test(type),
        numbers,
      ),
    empty: () => this.#someField('empty', () => true, ['', {}, []]),
    'rename-field': () => {
      const found = this.#set(() => true);
      if (found.length === 0) return undefined;
      const { message, field } = this.pick(found);
      const value = message.value[field.name];
      delete (message.value as Tree)[field.name];
      return this.#change('rename-field', message, `${field.name}x`, value);
    },
    oneof: () => {
      const found = this.#set(({ oneof }) => oneof !== undefined);
      if (found.length === 0) return undefined;
      const { message, field } = this.pick(found);
      const others = this.#fieldsOf(message).filter(
        ({ name, oneof }) => oneof === field.oneof && name !== field.name,
      );
      if (others.length === 0) return undefined;
      const other = this.pick(others);
      // Instead of the first one, or beside it.
      if (this.#random() < 0.6) delete (message.value as Tree)[field.name];
      return this.#change('oneof', message, other.name, this.minimal(other));
    },
    'bad-string': () =>
      this.#someField('bad-string', ({ type, label }) => type === 'string' && label !== 'map', strings),
    'add-field': () => {
      const message = this.pick(this.#messages);
      const missing = this.#fieldsOf(message).filter(({ name }) => message.value[name] === undefined);
      if (missing.length === 0) return undefined;
      const field = this.pick(missing);
      return this.#change('add-field', message, field.name, this.minimal(field));
    },
    enum: () => {
      const found = this.#set(({ type, label }) => type in table.enums && label !== 'map');
      if (found.length === 0) return undefined;
      const one = this.pick(found);
      const names = Object.keys(table.enums[one.field.type]?.values ?? {});
      const name = this.pick(names);
      return this.#put('enum', one, this.pick([name, name, name.toLowerCase(), `${name}X`, 0, 1, 99, '']));
    },
    address: () =>
      this.#someField(
        'address',
        ({ name, type }) => (name === 'address' || name === 'address_prefix') && type === 'string',
        addresses,
      ),
    port: () =>
      this.#someField('port', ({ name }) => name === 'port_value', [0, 1, 65535, 65536, '80', 'x', -1]),
    duration: () => this.#someField('duration', ({ type }) => type === 'google.protobuf.Duration', durations),
    regex: () => this.#someField('regex', ({ name, type }) => name === 'regex' && type === 'string', regexes),
    path: () =>
      this.#someField(
        'path',
        ({ name, type }) =>
          /^(path|prefix|path_separated_prefix|prefix_rewrite|path_redirect)$/.test(name) &&
          type === 'string',
        paths,
      ),
    domain: () => this.#someField('domain', ({ name }) => name === 'domains', domains),
    dangling: () =>
      this.#someField('dangling', ({ name, type }) => /cluster/.test(name) && type === 'string', [
        'nope',
        '',
        'x',
      ]),
    name: () =>
      this.#someField('name', ({ name, type }) => name === 'name' && type === 'string', [
        'nope',
        '',
        'x',
        'a'.repeat(70),
      ]),
    null: () => this.#someField('null', () => true, [null]),
    duplicate: () => this.#inList('duplicate', (list) => [...list, structuredClone(this.pick(list))]),
    'drop-element': () =>
      this.#inList('drop-element', (list) =>
        list.filter((_one, index) => index !== Math.floor(this.#random() * list.length)),
      ),
    swap: () => this.#inList('swap', (list) => [...list].reverse()),
    camel: () => {
      const found = this.#set(({ name }) => name.includes('_'));
      if (found.length === 0) return undefined;
      const { message, field } = this.pick(found);
      const value = message.value[field.name];
      delete (message.value as Tree)[field.name];
      const name = field.name.replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
      return this.#change('camel', message, name, value);
    },
    filter: () => {
      const lists = this.#set(({ name }) => /^(http_filters|filters|listener_filters)$/.test(name));
      if (lists.length === 0) return undefined;
      const { message, field } = this.pick(lists);
      const category =
        field.category ??
        {
          http_filters: 'envoy.filters.http',
          filters: 'envoy.filters.network',
          listener_filters: 'envoy.filters.listener',
        }[field.name] ??
        '';
      const filter = { name: 'added', typed_config: this.#extension(category) };
      const list = [...(message.value[field.name] as unknown[])];
      list.splice(Math.floor(this.#random() * (list.length + 1)), 0, filter);
      return this.#change('filter', message, field.name, list);
    },
  };

  #inList(kind: string, edit: (list: unknown[]) => unknown[]): Mutant | undefined {
    const found = this.#set(
      (_field, value) => Array.isArray(value) && value.length > (kind === 'swap' ? 1 : 0),
    );
    if (found.length === 0) return undefined;
    const { message, field } = this.pick(found);
    return this.#change(kind, message, field.name, edit(message.value[field.name] as unknown[]));
  }
}

/** One fault in a copy of the bootstrap. undefined when the kind that was drawn has no place in it. */
export function mutate(bootstrap: unknown, random: () => number): Mutant | undefined {
  const mutator = new Mutator(bootstrap, random);
  return mutator.kinds[mutator.pick(Object.keys(mutator.kinds))]?.();
}
