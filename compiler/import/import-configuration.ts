/**
 * A canonical bootstrap -> a configuration module in TypeScript: builders where they give exactly what was read, Envoy's
 * own shape elsewhere, names from the resources, repeated parts once.
 */
import * as dsl from '../../dsl/index.js';
import type { Cluster } from '../../dsl/index.js';
import { fieldOrder, orderedKeys } from '../emit/field-order.js';
import type { Expression, Fields } from './expression.js';
import { call, gives, isObject, list, object, scalar } from './expression.js';
import { factorClusters, placeKey } from './factor-clusters.js';
import type { FactoredClusters } from './factor-clusters.js';
import { Identifiers } from './identifiers.js';
import type { ImportContext, Recogniser } from './import-context.js';
import { recogniseCluster } from './recognise-clusters.js';
import { data, recogniseAccessLog } from './recognise-access-logs.js';
import { recogniseAdmin } from './recognise-admin.js';
import { recogniseHttpFilter, recogniseListenerFilter, recogniseNetworkFilter } from './recognise-filters.js';
import { recogniseFilterChain, recogniseListener } from './recognise-listeners.js';
import { recogniseRoute, recogniseVirtualHost } from './recognise-routes.js';
import type { Source } from './source-tree.js';
import { printSource, sourceCall, sourceText } from './source-tree.js';

const bootstrapType = 'envoy.config.bootstrap.v3.Bootstrap';
const clusterType = 'envoy.config.cluster.v3.Cluster';
const listenerType = 'envoy.config.listener.v3.Listener';

const recognisers: Readonly<Record<string, Recogniser>> = {
  [clusterType]: recogniseCluster,
  [listenerType]: recogniseListener,
  'envoy.config.route.v3.VirtualHost': recogniseVirtualHost,
  'envoy.config.route.v3.Route': recogniseRoute,
  'envoy.config.bootstrap.v3.Admin': recogniseAdmin,
  'envoy.config.accesslog.v3.AccessLog': recogniseAccessLog,
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter': recogniseHttpFilter,
  'envoy.config.listener.v3.FilterChain': recogniseFilterChain,
  'envoy.config.listener.v3.Filter': recogniseNetworkFilter,
  'envoy.config.listener.v3.ListenerFilter': recogniseListenerFilter,
};

/** Types that `envoy3` exports under short names; parts of other types are not named. */
const shortTypes: Readonly<Record<string, string>> = {
  'envoy.config.listener.v3.FilterChain': 'FilterChain',
  'envoy.config.listener.v3.Filter': 'NetworkFilter',
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter': 'HttpFilter',
  'envoy.config.route.v3.RouteConfiguration': 'RouteConfiguration',
  'envoy.config.route.v3.VirtualHost': 'VirtualHost',
  'envoy.config.route.v3.Route': 'Route',
  'envoy.config.route.v3.RetryPolicy': 'RetryPolicy',
  'envoy.config.accesslog.v3.AccessLog': 'AccessLog',
  'envoy.config.core.v3.TransportSocket': 'TransportSocket',
  'envoy.config.cluster.v3.CircuitBreakers': 'CircuitBreakers',
};

/** A repeated part of fewer values is written out each time. */
const minRepeated = 6;

function leaves(value: unknown): number {
  if (Array.isArray(value)) return value.reduce((sum: number, item) => sum + leaves(item), 0);
  return isObject(value) ? Object.values(value).reduce((sum: number, item) => sum + leaves(item), 0) : 1;
}

function payloadType(value: Fields, declared: string): string {
  const url = value['@type'];
  return typeof url === 'string' ? url.slice(url.lastIndexOf('/') + 1) : declared;
}

/** How much is made of the configuration. */
export interface ImportOptions {
  /** Only Envoy's own shape: no builders, nothing factored. */
  readonly plain?: boolean;
}

class ModuleWriter implements ImportContext {
  readonly #plain: boolean;
  readonly #identifiers = new Identifiers(Object.keys(dsl));
  readonly #declarations: string[] = [];
  readonly #clusters = new Map<string, Expression & { readonly value: Cluster }>();
  readonly #types = new Set<string>();
  #inFunction = false;
  /** By the JSON of a part: how often it occurs, and its identifier once it has one. */
  readonly #repeated = new Map<string, { count: number; expression?: Expression }>();

  constructor(options: ImportOptions) {
    this.#plain = options.plain === true;
  }

  cluster(name: string): (Expression & { readonly value: Cluster }) | undefined {
    return this.#clusters.get(name);
  }

  message(type: string, value: unknown): Expression {
    if (!isObject(value)) return this.#value(type, value);
    const short = shortTypes[type];
    const key = short === undefined ? '' : `${type}${JSON.stringify(value)}`;
    const repeated = this.#repeated.get(key);
    if (
      this.#plain ||
      this.#inFunction ||
      repeated === undefined ||
      repeated.count < 2 ||
      short === undefined
    ) {
      return this.#build(type, value);
    }
    repeated.expression ??= this.#declare(type, short, value);
    return repeated.expression;
  }

  rest(type: string, value: Fields, taken: readonly string[]): Expression | undefined {
    const others = Object.fromEntries(Object.entries(value).filter(([key]) => !taken.includes(key)));
    return Object.keys(others).length === 0 ? undefined : this.#raw(type, others);
  }

  #build(type: string, value: Fields): Expression {
    const built = this.#plain ? undefined : recognisers[type]?.(value, this);
    return built !== undefined && gives(type, built.value, value) ? built : this.#raw(type, value);
  }

  #declare(type: string, short: string, value: Fields): Expression {
    const built = this.#build(type, value);
    const name = typeof value.name === 'string' ? (value.name.split('.').at(-1) as string) : short;
    const identifier = this.#identifiers.give(name, short);
    const isCall = built.source.kind === 'call';
    if (!isCall) this.#types.add(short);
    const head = `const ${identifier}${isCall ? '' : `: ${short}`} = `;
    this.#declarations.push(`${head}${printSource(built.source, head.length)};\n`);
    return { source: sourceText(identifier), value: built.value };
  }

  #value(type: string, value: unknown): Expression {
    if (Array.isArray(value)) return list(value.map((item) => this.message(type, item)));
    return isObject(value) ? this.message(type, value) : scalar(value);
  }

  /** Envoy's own shape, with builders inside. */
  #raw(type: string, value: Fields): Expression {
    const own = payloadType(value, type);
    const order = fieldOrder(own);
    return object(
      orderedKeys(value, order).map((key) => {
        const place = order?.get(key);
        const member = value[key];
        if (place === undefined || place.type.startsWith('google.protobuf.Struct'))
          return [key, data(member)];
        if (place.map && isObject(member)) {
          const entries = Object.entries(member).map(
            ([name, item]) => [name, this.#value(place.type, item)] as const,
          );
          return [key, object(entries)];
        }
        return [key, this.#value(place.type, member)];
      }),
    );
  }

  #count(value: unknown, type: string): void {
    if (Array.isArray(value)) {
      for (const item of value) this.#count(item, type);
      return;
    }
    if (!isObject(value)) return;
    if (type in shortTypes && leaves(value) >= minRepeated) {
      const key = `${type}${JSON.stringify(value)}`;
      const seen = this.#repeated.get(key);
      if (seen !== undefined) {
        // What is inside of it is inside of its one declaration.
        seen.count++;
        return;
      }
      this.#repeated.set(key, { count: 1 });
    }
    const order = fieldOrder(payloadType(value, type));
    for (const [key, member] of Object.entries(value)) {
      const place = order?.get(key);
      if (place === undefined) continue;
      if (place.map && isObject(member))
        for (const item of Object.values(member)) this.#count(item, place.type);
      else this.#count(member, place.type);
    }
  }

  /** `strictDns('a', ...)`, or `cluster('a', {...})` in Envoy's own shape. */
  #clusterExpression(value: Fields): Expression {
    const built = this.#build(clusterType, value);
    if (built.source.kind === 'call' || this.#plain) return built;
    const { name, ...others } = value;
    return call('cluster', dsl.cluster as never, scalar(name), this.#raw(clusterType, others)) ?? built;
  }

  #declareFunction(group: FactoredClusters, clusters: readonly Fields[]): string {
    const first = clusters[group.members[0]?.index ?? 0] as Fields;
    const parameterAt = new Map(
      group.parameters.flatMap(({ name, paths }) => paths.map((path) => [path, name] as const)),
    );
    const { name: _name, ...others } = first;
    // What differs between the clusters must stand in the function itself, not in a shared part.
    this.#inFunction = true;
    const { source } = this.#raw(clusterType, others);
    this.#inFunction = false;
    const kind =
      first.type === 'STRICT_DNS'
        ? 'dnsCluster'
        : first.type === 'STATIC'
          ? 'fixedCluster'
          : 'similarCluster';
    const identifier = this.#identifiers.give(kind, 'Of');
    const parameters = group.parameters.map(({ name, type }) =>
      name === 'name' ? 'name: Name' : `${name}: ${type}`,
    );
    const body = sourceCall('cluster', sourceText('name'), replaceLeaves(source, [], parameterAt));
    const head = `function ${identifier}<const Name extends string>(${parameters.join(', ')}) {\n`;
    this.#declarations.push(`${head}  return ${printSource(body, 9).replaceAll('\n', '\n  ')};\n}\n`);
    return identifier;
  }

  #declareClusters(clusters: readonly Fields[]): void {
    const isBuilt = (value: Fields): boolean => this.#build(clusterType, value).source.kind === 'call';
    const others = clusters.map((value, index) => ({ value, index })).filter(({ value }) => !isBuilt(value));
    const byIndex = new Map<number, { readonly name: string; readonly args: readonly unknown[] }>();
    const values = others.map(({ value }) => value);
    for (const group of factorClusters(values)) {
      const name = this.#declareFunction(group, values);
      for (const { args, index } of group.members) byIndex.set(others[index]?.index ?? -1, { name, args });
    }
    for (const [index, value] of clusters.entries()) {
      const factored = byIndex.get(index);
      const { source, value: built } =
        factored === undefined
          ? this.#clusterExpression(value)
          : { source: sourceCall(factored.name, ...factored.args.map((one) => scalar(one).source)), value };
      const identifier = this.#identifiers.give(String(value.name ?? 'cluster'), 'Cluster');
      const head = `const ${identifier} = `;
      this.#declarations.push(`${head}${printSource(source, head.length)};\n`);
      const expression = { source: sourceText(identifier), value: built as Cluster };
      this.#clusters.set(String(value.name), expression);
    }
  }

  /** With `bootstrap()` when that gives the same, clusters left out where routes carry them in the same order. */
  #root(value: Fields, clusters: readonly Fields[]): Expression {
    const resources = (value.static_resources ?? {}) as Fields;
    const listeners = ((resources.listeners ?? []) as readonly unknown[]).map((one) =>
      this.message(listenerType, one),
    );
    const named = clusters.map(({ name }) => this.#clusters.get(String(name)) as Expression);
    const options = (withClusters: boolean): Expression =>
      object([
        ['node', value.node === undefined ? undefined : this.#value('envoy.config.core.v3.Node', value.node)],
        [
          'admin',
          value.admin === undefined ? undefined : this.#value('envoy.config.bootstrap.v3.Admin', value.admin),
        ],
        ['listeners', list(listeners)],
        ['clusters', withClusters ? list(named) : undefined],
        ['raw', this.rest(bootstrapType, value, ['node', 'admin', 'static_resources'])],
      ]);
    for (const withClusters of [false, true]) {
      const built = call('bootstrap', dsl.bootstrap as never, options(withClusters));
      if (built !== undefined && gives(bootstrapType, built.value, value)) return built;
    }
    const own = this.#raw(bootstrapType, value);
    const inner = object([
      ...Object.keys(resources).map((key) => {
        if (key === 'listeners') return [key, list(listeners)] as const;
        if (key === 'clusters') return [key, list(named)] as const;
        return [
          key,
          this.#raw('envoy.config.bootstrap.v3.Bootstrap.StaticResources', { [key]: resources[key] }),
        ] as const;
      }),
    ]);
    const source = own.source.kind === 'object' ? own.source.members : [];
    const replaced = source.map(
      ([key, member]) => [key, key === 'static_resources' ? flatten(inner.source) : member] as const,
    );
    return {
      source: sourceCall('defineBootstrap', { kind: 'object', members: replaced }),
      value,
    };
  }

  write(value: Fields): string {
    if (this.#plain) {
      const { source } = this.#raw(bootstrapType, value);
      return `import { defineBootstrap } from 'envoy3';\n\nexport default ${printSource(sourceCall('defineBootstrap', source), 15)};\n`;
    }
    this.#count(value, bootstrapType);
    const resources = (value.static_resources ?? {}) as Fields;
    const clusters = ((resources.clusters ?? []) as readonly unknown[]).filter(isObject);
    this.#declareClusters(clusters);
    const root = printSource(this.#root(value, clusters).source, 15);
    const text = `${joinDeclarations(this.#declarations)}\nexport default ${root};\n`;
    const used = Object.keys(dsl).filter((name) => new RegExp(`(?<![.\\w'"])${name}\\(`).test(text));
    const types = [...this.#types].sort();
    const typeImport = types.length === 0 ? '' : `import type { ${types.join(', ')} } from 'envoy3';\n`;
    return `${typeImport}import { ${used.sort().join(', ')} } from 'envoy3';\n\n${text.trimStart()}`;
  }
}

/** Constants of one line stand together; an empty line parts all others. */
function joinDeclarations(declarations: readonly string[]): string {
  const isShort = (text: string | undefined): boolean =>
    text?.startsWith('const ') === true && text.split('\n').length === 2;
  return declarations
    .map((text, index) =>
      index === 0 || (isShort(text) && isShort(declarations[index - 1])) ? text : `\n${text}`,
    )
    .join('');
}

/** `{ secrets: { secrets: [...] } }` as `rest` gives it -> `{ secrets: [...] }`. */
function flatten(source: Source): Source {
  if (source.kind !== 'object') return source;
  return {
    kind: 'object',
    members: source.members.map(([key, member]) => {
      const inside = member.kind === 'object' ? member.members.find(([name]) => name === key) : undefined;
      return [key, inside?.[1] ?? member] as const;
    }),
  };
}

/** Parameters in the place of the values of the first member of a group. */
function replaceLeaves(
  source: Source,
  path: readonly (string | number)[],
  names: ReadonlyMap<string, string>,
): Source {
  const name = names.get(placeKey(path));
  if (name !== undefined) return sourceText(name);
  switch (source.kind) {
    case 'object':
      return {
        kind: 'object',
        members: source.members.map(
          ([key, member]) => [key, replaceLeaves(member, [...path, key], names)] as const,
        ),
      };
    case 'list':
      return {
        kind: 'list',
        items: source.items.map((item, index) => replaceLeaves(item, [...path, index], names)),
      };
    default:
      return source;
  }
}

/** @param bootstrap canonical. @returns the text of a module that compiles to the same */
export function importConfiguration(bootstrap: unknown, options: ImportOptions = {}): string {
  return new ModuleWriter(options).write((bootstrap ?? {}) as Fields);
}
