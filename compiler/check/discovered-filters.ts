/**
 * E3026: filters whose configuration comes by ECDS (`config_discovery`): the types they may be of, and what holds until
 * the first one arrives.
 */
import { table } from '../../dsl/api/generated/table.js';
import type { BootstrapView, Message } from './bootstrap-view.js';
import { isSet, listAt, textAt, typeOf } from './bootstrap-view.js';
import type { Finding } from './finding.js';

/** Message around the `ExtensionConfigSource` -> categories whose types it may announce. Network filters are not looked at. */
const categoryOf: Readonly<Record<string, readonly string[]>> = {
  'envoy.config.listener.v3.ListenerFilter': ['envoy.filters.listener'],
  'envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter': [
    'envoy.filters.http',
    'envoy.filters.http.upstream',
  ],
};

function finding(path: Finding['path'], message: string, fix: string): Finding {
  return { code: 'E3026', severity: 'error', path, message, fix };
}

function nameOf(url: unknown): string {
  const text = textAt(url);
  return text.slice(text.lastIndexOf('/') + 1);
}

function* announced(discovery: Message, categories: readonly string[]): Generator<Finding> {
  const known = new Set(
    table.extensions.filter(({ category }) => categories.includes(category)).flatMap(({ types }) => types),
  );
  for (const [index, url] of listAt(discovery.value.type_urls).entries()) {
    if (known.has(nameOf(url))) continue;
    const path = [...discovery.path, 'type_urls', index];
    yield finding(
      path,
      `${nameOf(url)} is not an extension of ${categories[0]}`,
      'name the type of a filter',
    );
  }
}

export function* discoveredFilters(view: BootstrapView): Generator<Finding> {
  for (const discovery of view.all('envoy.config.core.v3.ExtensionConfigSource')) {
    const categories = categoryOf[discovery.parent?.type ?? ''];
    if (categories !== undefined) yield* announced(discovery, categories);
    const hasDefault = isSet(discovery.value.default_config);
    if (!hasDefault && discovery.value.apply_default_config_without_warming === true) {
      const path = [...discovery.path, 'apply_default_config_without_warming'];
      yield finding(path, 'there is no default_config to apply', 'set default_config');
    }
    const type = typeOf(discovery.value.default_config);
    if (hasDefault && !listAt(discovery.value.type_urls).some((url) => nameOf(url) === type)) {
      const path = [...discovery.path, 'default_config'];
      yield finding(
        path,
        `default_config is of type ${type}, which type_urls does not have`,
        'add it to type_urls',
      );
    }
  }
}
