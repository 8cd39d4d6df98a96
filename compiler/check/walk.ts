/**
 * Finding messages inside of a canonical bootstrap, wherever they lie.
 */
import type { Path } from '../../dsl/api/index.js';

export type Fields = Readonly<Record<string, unknown>>;

export function fieldsAt(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

export function listAt(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function textAt(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** Message name of an Any payload, `''` for other objects. */
export function typeOf(value: unknown): string {
  const url = fieldsAt(value)['@type'];
  return typeof url === 'string' ? url.slice(url.lastIndexOf('/') + 1) : '';
}

export interface Found {
  readonly value: Fields;
  readonly path: Path;
}

/** Every object of the tree, parents first. */
export function* objectsOf(value: unknown, path: Path = []): Generator<Found> {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* objectsOf(item, [...path, index]);
  } else if (typeof value === 'object' && value !== null) {
    yield { value: value as Fields, path };
    for (const [key, item] of Object.entries(value)) {
      if (typeof item === 'object' && item !== null) yield* objectsOf(item, [...path, key]);
    }
  }
}

/** Every Any payload of that message. */
export function* payloadsOf(bootstrap: unknown, type: string): Generator<Found> {
  for (const found of objectsOf(bootstrap)) if (typeOf(found.value) === type) yield found;
}

/** Entries of a list as objects, with their paths. */
export function* entriesOf(value: unknown, path: Path): Generator<Found> {
  for (const [index, item] of listAt(value).entries())
    yield { value: fieldsAt(item), path: [...path, index] };
}

export function clustersOf(bootstrap: unknown): Found[] {
  const resources = fieldsAt(fieldsAt(bootstrap).static_resources);
  return [...entriesOf(resources.clusters, ['static_resources', 'clusters'])];
}

export function listenersOf(bootstrap: unknown): Found[] {
  const resources = fieldsAt(fieldsAt(bootstrap).static_resources);
  return [...entriesOf(resources.listeners, ['static_resources', 'listeners'])];
}

const hcm = 'envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager';

/** Every `RouteConfiguration` that stands in the file: inline in connection managers and in scoped routes. */
export function* routeConfigurationsOf(bootstrap: unknown): Generator<Found> {
  for (const { value, path } of payloadsOf(bootstrap, hcm)) {
    if (value.route_config !== undefined) {
      yield { value: fieldsAt(value.route_config), path: [...path, 'route_config'] };
    }
    const scopes = fieldsAt(fieldsAt(value.scoped_routes).scoped_route_configurations_list);
    const list = [
      ...path,
      'scoped_routes',
      'scoped_route_configurations_list',
      'scoped_route_configurations',
    ];
    for (const scope of entriesOf(scopes.scoped_route_configurations, list)) {
      if (scope.value.route_configuration !== undefined) {
        yield {
          value: fieldsAt(scope.value.route_configuration),
          path: [...scope.path, 'route_configuration'],
        };
      }
    }
  }
}
