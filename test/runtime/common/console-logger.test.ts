import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { LoggerOptions } from '../../../runtime/common/console-logger.js';
import { createLoggerRegistry } from '../../../runtime/common/console-logger.js';
import type { LogLevel } from '../../../runtime/common/logger.js';
import { logLevels } from '../../../runtime/common/logger.js';
import { FakeClock } from '../../support/fake-clock.js';

// Lines show local time, which must not be the time of the machine that runs the test.
process.env.TZ = 'Etc/GMT-9';

function registryOf(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const clock = new FakeClock(Date.UTC(2026, 0, 31, 23, 4, 5, 67));
  const registry = createLoggerRegistry({
    level: 'info',
    clock,
    write: (line) => lines.push(line),
    ...options,
  });
  return { registry, lines, clock };
}

test('the default line is that of Envoy, in local time', () => {
  const { registry, lines } = registryOf();
  registry.get('main').info('starting main dispatch loop');
  assert.equal(lines, [
    `[2026-02-01 08:04:05.067][${process.pid}][info][main] starting main dispatch loop\n`,
  ]);
});

const emitters = logLevels.slice(0, -1) as Exclude<LogLevel, 'off'>[];

for (const [at, level] of logLevels.entries()) {
  test(`the level ${level} lets through what is as grave, and nothing else`, () => {
    const { registry, lines } = registryOf({ level });
    const logger = registry.get('upstream');
    for (const emit of emitters) logger[emit](emit);
    assert.equal(
      lines.map((line) => line.trimEnd().split(' ').at(-1)),
      emitters.slice(at),
    );
    assert.is(logger.level, level);
  });
}

test('the level of one logger changes while it runs', () => {
  const { registry, lines } = registryOf();
  const upstream = registry.get('upstream');
  upstream.debug('unseen');
  registry.get('upstream').level = 'debug';
  upstream.debug('seen');
  registry.get('main').debug('unseen');
  assert.is(lines.length, 1);
  assert.match(lines[0] as string, 'seen');
});

test('a component has its own level until all are set, also those that come later', () => {
  const componentLevels = new Map<string, LogLevel>([
    ['upstream', 'trace'],
    ['config', 'off'],
  ]);
  const { registry } = registryOf({ componentLevels });
  assert.is(registry.get('upstream').level, 'trace');
  assert.is(registry.get('main').level, 'info');
  registry.setLevel('error');
  assert.equal(
    ['upstream', 'main', 'config', 'new'].map((name) => registry.get(name).level),
    ['error', 'error', 'error', 'error'],
  );
});

test('loggers are listed by name', () => {
  const { registry } = registryOf();
  for (const name of ['upstream', 'admin', 'main', 'admin']) registry.get(name);
  assert.equal(
    registry.all().map(({ name }) => name),
    ['admin', 'main', 'upstream'],
  );
});

test('a pattern of its own', () => {
  const { registry, lines, clock } = registryOf({
    format: '%L|%l|%n|%v|%_|%j|%Y-%m-%d|%H:%M:%S|%T.%e|%f|%E|%z|%g%s%#%!|%%|%Q|%t',
  });
  clock.advance(4);
  registry.get('http').warning('one\n"two"\u0001');
  assert.is(
    lines[0],
    `W|warning|http|one\n"two"\u0001|one\\n"two"\\x01|one\\n\\"two\\"\\u0001|2026-02-01|08:04:05|08:04:05.071|071000|${Math.floor(clock.wallTime() / 1000)}|+09:00||%|%Q|${process.pid}\n`,
  );
});

test.run();
