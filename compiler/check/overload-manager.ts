/**
 * E3021: overload actions that name no monitor, or the same one twice; thresholds in the wrong order.
 */
import type { BootstrapView, Message } from './bootstrap-view.js';
import { numberAt, textAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';

const heap = 'envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig';

function finding(holder: Message, field: string, message: string, fix: string): Finding {
  return { code: 'E3021', severity: 'error', path: [...holder.path, field], message, fix };
}

function* twice(messages: readonly Message[], what: string): Generator<Finding> {
  const seen = new Set<string>();
  for (const message of messages) {
    const name = textAt(message.value.name);
    if (seen.has(name)) yield finding(message, 'name', `${what} '${name}' stands twice`, 'remove one');
    seen.add(name);
  }
}

export function* overloadManager(view: BootstrapView): Generator<Finding> {
  const manager = view.root.at('overload_manager');
  const monitors = manager.list('resource_monitors');
  const names = new Set(monitors.map(({ value }) => textAt(value.name)));
  yield* twice(monitors, 'the resource monitor');
  yield* twice(manager.list('actions'), 'the overload action');
  for (const action of manager.list('actions')) {
    yield* twice(action.list('triggers'), 'the trigger');
    for (const trigger of action.list('triggers')) {
      const name = textAt(trigger.value.name);
      if (!names.has(name)) {
        const fix = 'add it to resource_monitors';
        yield finding(trigger, 'name', `there is no resource monitor '${name}'`, fix);
      }
      if (trigger.value.scaled === undefined) continue;
      const scaled = trigger.at('scaled');
      const [start, end] = ['scaling_threshold', 'saturation_threshold'].map(
        (field) => numberAt(scaled.value[field]) ?? 0,
      );
      if (start! < end!) continue;
      yield finding(
        trigger,
        'scaled',
        'scaling_threshold must be less than saturation_threshold',
        'exchange them',
      );
    }
  }
  for (const monitor of view.all(heap)) {
    if ((numberAt(monitor.value.max_heap_size_bytes) ?? 0) > 0) continue;
    yield finding(monitor, 'max_heap_size_bytes', 'the largest heap must be more than 0 bytes', 'raise it');
  }
}
