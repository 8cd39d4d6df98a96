/**
 * E3029: caches of names (dynamic forward proxy) are shared by their names, so all who name one have to mean the same.
 */
import { withoutDefaults } from '../diff/without-defaults.js';
import type { BootstrapView, Message } from './bootstrap-view.js';
import { textAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';
import { stableText } from './stable-text.js';

const cacheConfig = 'envoy.extensions.common.dynamic_forward_proxy.v3.DnsCacheConfig';

export function* dnsCaches(view: BootstrapView): Generator<Finding> {
  const first = new Map<string, { readonly cache: Message; readonly text: string }>();
  for (const cache of view.all(cacheConfig)) {
    const name = textAt(cache.value.name);
    const text = stableText(withoutDefaults(cacheConfig, cache.value));
    const before = first.get(name);
    if (before === undefined) first.set(name, { cache, text });
    else if (before.text !== text) {
      yield {
        code: 'E3029',
        severity: 'error',
        path: cache.path,
        message: `the DNS cache '${name}' has other settings elsewhere`,
        fix: 'give both the same settings, or one of them another name',
        related: { path: before.cache.path, message: 'the other settings' },
      };
    }
  }
}
