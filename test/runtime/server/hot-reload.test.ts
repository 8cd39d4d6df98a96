import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Generation } from '../../../runtime/server/generation.js';
import { createHotReload } from '../../../runtime/server/hot-reload.js';
import { createStatsStore } from '../../../runtime/stats/stats-store.js';
import { createLoggerRegistry } from '../../../runtime/common/console-logger.js';
import { FakeClock } from '../../support/fake-clock.js';

interface Plan {
  readonly warmed?: Promise<void>;
  readonly bind?: () => Promise<void>;
}

/** What was done to each configuration, in order. */
function rig(plans: Readonly<Record<string, Plan>> = {}) {
  const clock = new FakeClock();
  const stats = createStatsStore();
  const log: string[] = [];
  const done: string[] = [];
  let ending = false;
  const hotReload = createHotReload({
    name: 'e.yaml',
    clock,
    stats,
    log: createLoggerRegistry({ level: 'info', clock, write: (line) => void log.push(line) }).get('config'),
    prepare(name): Generation {
      if (name.startsWith('bad')) throw new Error(`e.yaml:1:1: ${name}`);
      const plan = plans[name] ?? {};
      return {
        bootstrap: {},
        sockets: () => [],
        warmed: plan.warmed ?? Promise.resolve(),
        bind: plan.bind ?? (() => Promise.resolve()),
        commit() {
          done.push(`commit ${name}`);
          return [`line of ${name}`];
        },
        discard: () => void done.push(`discard ${name}`),
      };
    },
    inForce: () => void done.push('in force'),
    isEnding: () => ending,
  });
  const end = (): void => {
    ending = true;
  };
  return { clock, done, end, hotReload, log, stats };
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

test('a good one comes into force and is told', async () => {
  const { done, hotReload, log, stats } = rig();
  assert.ok(await hotReload.reload('a'));
  assert.equal(done, ['commit a', 'in force']);
  assert.match(log[0] ?? '', /\[info\]\[config\] configuration 'e\.yaml' is in force/);
  assert.match(log[1] ?? '', /line of a/);
  assert.is(stats.gauge('envoy3.config.generation').value, 2);
});

test('what cannot be read, bound or built changes nothing', async () => {
  const { done, hotReload, log, stats } = rig({
    unbound: { bind: () => Promise.reject(new Error('cannot bind')) },
  });
  assert.not(await hotReload.reload('bad text'));
  assert.not(await hotReload.reload('unbound'));
  assert.equal(done, ['discard unbound']);
  assert.is(log.length, 2);
  assert.match(log[0] ?? '', /\[error\].*stays in force: e\.yaml:1:1: bad text/);
  assert.match(log[1] ?? '', /\[error\].*stays in force: cannot bind/);
  assert.is(stats.counter('envoy3.config.reload_rejected').value, 2);
  assert.is(stats.gauge('envoy3.config.generation').value, 1);
});

test('clusters are waited for, but not for ever', async () => {
  const { clock, done, hotReload, log } = rig({ cold: { warmed: new Promise(() => undefined) } });
  const reloaded = hotReload.reload('cold');
  await turn();
  clock.advance(9_999);
  await turn();
  assert.equal(done, []);
  clock.advance(1);
  assert.ok(await reloaded);
  assert.equal(done, ['commit cold', 'in force']);
  assert.match(log[0] ?? '', /\[warning\].*not every new cluster has hosts/);
});

test('one after the other, in their order, whatever takes long', async () => {
  let warm: () => void = () => undefined;
  const { done, hotReload } = rig({
    slow: {
      warmed: new Promise((ready) => {
        warm = ready;
      }),
    },
  });
  const first = hotReload.reload('slow');
  const second = hotReload.reload('quick');
  await turn();
  assert.equal(done, []);
  warm();
  assert.equal(await Promise.all([first, second]), [true, true]);
  assert.equal(done, ['commit slow', 'in force', 'commit quick', 'in force']);
});

test('what is under way when the server ends is discarded', async () => {
  let warm: () => void = () => undefined;
  const { done, end, hotReload } = rig({
    late: {
      warmed: new Promise((ready) => {
        warm = ready;
      }),
    },
  });
  const reloaded = hotReload.reload('late');
  await turn();
  end();
  warm();
  assert.not(await reloaded);
  assert.equal(done, ['discard late']);
  assert.not(await hotReload.reload('later'));
});

test.run();
