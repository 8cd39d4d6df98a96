/**
 * E3025: settings of the process itself that do not go together: intervals of statistics, layers of the runtime.
 */
import { durationMs } from '../../dsl/api/index.js';
import type { BootstrapView, Message } from './bootstrap-view.js';
import { isSet, textAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';

const defaultFlushMs = 5000;

function finding(path: Finding['path'], message: string, fix: string): Finding {
  return { code: 'E3025', severity: 'error', path, message, fix };
}

function* statistics(root: Message): Generator<Finding> {
  const evict = textAt(root.value.stats_eviction_interval);
  if (evict === '') return;
  const flush = textAt(root.value.stats_flush_interval);
  const flushMs = flush === '' ? defaultFlushMs : durationMs(flush);
  if (flushMs > 0 && durationMs(evict) % flushMs === 0) return;
  const message = `stats_eviction_interval ${evict} is not a multiple of stats_flush_interval (${flush || '5s'})`;
  yield finding(['stats_eviction_interval'], message, 'take a multiple');
}

/** Entries of a static layer are objects, texts, numbers and booleans. */
function* entries(value: unknown, path: Finding['path'], name: string): Generator<Finding> {
  if (value === null || Array.isArray(value)) {
    const what = value === null ? 'null' : 'a list';
    yield finding(
      path,
      `the runtime entry '${name}' is ${what}`,
      'write a text, a number, a boolean or an object',
    );
  } else if (typeof value === 'object') {
    for (const [key, member] of Object.entries(value as object)) {
      yield* entries(member, [...path, key], name === '' ? key : `${name}.${key}`);
    }
  }
}

function* runtimeLayers(root: Message): Generator<Finding> {
  const names = new Set<string>();
  let admin = false;
  for (const layer of root.at('layered_runtime').list('layers')) {
    const name = textAt(layer.value.name);
    if (names.has(name))
      yield finding([...layer.path, 'name'], `there are two layers '${name}'`, 'rename one');
    names.add(name);
    if (isSet(layer.value.admin_layer)) {
      if (admin)
        yield finding([...layer.path, 'admin_layer'], 'there is one admin layer at most', 'remove one');
      admin = true;
    }
    if (isSet(layer.value.static_layer)) {
      yield* entries(layer.value.static_layer, [...layer.path, 'static_layer'], '');
    }
  }
}

/** Who sends statistics over TCP says who it is. */
function* statsd(view: BootstrapView): Generator<Finding> {
  if (view.node.id !== '' && view.node.cluster !== '') return;
  for (const sink of view.all('envoy.config.metrics.v3.StatsdSink')) {
    if (!isSet(sink.value.tcp_cluster_name)) continue;
    const message = 'statsd over TCP needs the id and the cluster of the node';
    const fix =
      'set node.id and node.cluster, or give --service-node and --service-cluster here and to the proxy';
    yield finding([...sink.path, 'tcp_cluster_name'], message, fix);
  }
}

/** Taps are set from the admin interface; without one real Envoy ends itself. */
function* taps(view: BootstrapView): Generator<Finding> {
  if (isSet(view.root.value.admin)) return;
  for (const tap of view.all('envoy.extensions.common.tap.v3.AdminConfig')) {
    yield finding(tap.path, 'taps by the admin interface need an admin interface', 'set admin.address');
  }
}

export function* bootstrapSettings(view: BootstrapView): Generator<Finding> {
  yield* statistics(view.root);
  yield* runtimeLayers(view.root);
  yield* statsd(view);
  yield* taps(view);
}
