import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { EnvoyProcess } from '../../cli/support/envoy-supervisor.js';
import { EnvoySupervisor } from '../../cli/support/envoy-supervisor.js';

type Exit = Parameters<Parameters<EnvoyProcess['onExit']>[0]>[0];

/** Processes that end when they are told to. */
function rig(problems: (string | undefined)[] = []) {
  const exits: ((exit: Exit) => void)[] = [];
  const signals: string[] = [];
  const log: string[] = [];
  const supervisor = new EnvoySupervisor({
    start(epoch) {
      return {
        pid: epoch,
        kill: (signal) => void signals.push(`${signal} ${epoch}`),
        onExit: (listener) => {
          exits[epoch] = listener;
        },
      };
    },
    validate: async () => problems.shift(),
    log: (text) => void log.push(text),
    setTimer: () => () => undefined,
  });
  supervisor.start();
  const exit = (epoch: number, code: number): void => exits[epoch]?.({ code, signal: null });
  return { exit, exits, log, signals, supervisor };
}

test('a restart is one more epoch, and a configuration that Envoy refuses is none', async () => {
  const { exits, log, supervisor } = rig([undefined, 'bad field']);
  await supervisor.restart();
  await supervisor.restart();
  assert.is(exits.length, 2);
  assert.match(log.at(-1) ?? '', /refused, the one before stays in force: bad field/);
});

test('while three run the next restart waits for the oldest to end', async () => {
  const { exit, exits, supervisor } = rig();
  await supervisor.restart();
  await supervisor.restart();
  await supervisor.restart();
  assert.is(exits.length, 3);
  exit(0, 0);
  await new Promise((done) => setImmediate(done));
  assert.is(exits.length, 4);
});

test('a new process that dies leaves the one before in its place, whose death ends all', async () => {
  const { exit, exits, signals, supervisor } = rig();
  await supervisor.restart();
  exit(1, 1);
  await supervisor.restart();
  assert.is(exits.length, 2, 'the same epoch is tried again');
  exit(1, 0);
  exit(0, 3);
  assert.is(await supervisor.closed, 3);
  assert.equal(signals, []);
});

test('signals go to all of them', async () => {
  const { exit, signals, supervisor } = rig();
  await supervisor.restart();
  supervisor.reopenLogs();
  supervisor.stop('SIGTERM');
  assert.equal(signals, ['SIGUSR1 0', 'SIGUSR1 1', 'SIGTERM 0', 'SIGTERM 1']);
  exit(0, 0);
  exit(1, 0);
  assert.is(await supervisor.closed, 0);
});

test.run();
