/** The hot restarter: judged by ShellCheck, against a double of Envoy, and with real Envoy. */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { DeployCase, DeployPlace } from './deploy-case.js';
import { ask, configuration, deploy, freePort, put, runTool, until } from './deploy-case.js';

/**
 * Tells what happens to it, and ends as its configuration says: `refused` by validation, `dies` while it starts, `ends`
 * an epoch when the next one has started, as Envoy does.
 */
const double = `#!/bin/sh
config=$2
epoch=none
for word; do
  if [ "$previous" = --restart-epoch ]; then epoch=$word; fi
  if [ "$word" = validate ]; then echo validate >>"$CALLS"; ! grep -q refused "$config"; exit; fi
  previous=$word
done
trap 'echo "TERM $epoch" >>"$CALLS"; exit 0' TERM
trap 'echo "USR1 $epoch" >>"$CALLS"' USR1
fate=$(cat "$config")
echo "start $epoch" >>"$CALLS"
if [ "$fate" = dies ]; then exit 3; fi
while :; do
  if [ -e "$CALLS.end$epoch" ]; then echo "end $epoch" >>"$CALLS"; exit 0; fi
  sleep 0.05
done
`;

interface Restarter {
  readonly child: ChildProcess;
  /** Its exit code; undefined while it runs. */
  ended(): Promise<number>;
  calls(): string;
  /** Standard error so far. */
  log(): string;
  readonly config: string;
  readonly callsFile: string;
}

function start(place: DeployPlace, env: Readonly<Record<string, string>>, config: string): Restarter {
  const script = join(deploy(place, 'hot-restarter', { into: `out` }), 'hot-restarter.sh');
  const file = put(join(place.folder, 'config.yaml'), config);
  const callsFile = join(place.folder, 'calls');
  const child = spawn(script, ['-c', file, '--concurrency', '1', '-l', 'error'], {
    env: { ...process.env, CALLS: callsFile, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let log = '';
  child.stderr?.on('data', (part: Buffer) => {
    log += part.toString();
  });
  const ended = new Promise<number>((done) => child.on('exit', (code) => done(code ?? -1)));
  return {
    child,
    ended: () =>
      Promise.race([ended, new Promise<number>((done) => void setTimeout(done, 10_000, -2).unref())]),
    calls: () => (existsSync(callsFile) ? readFileSync(callsFile, 'utf8') : ''),
    log: () => log,
    config: file,
    callsFile,
  };
}

function withDouble(place: DeployPlace, env: Readonly<Record<string, string>> = {}): Restarter {
  return start(place, { ENVOY_BIN: put(join(place.folder, 'envoy'), double, 0o755), ...env }, 'good\n');
}

/** Ends all that it started. */
async function close({ child, ended }: Restarter): Promise<void> {
  child.kill('SIGTERM');
  child.kill('SIGTERM');
  if ((await ended()) === -2) child.kill('SIGKILL');
}

export const restarterCases: readonly DeployCase[] = [
  {
    name: 'ShellCheck: nothing to say of the hot restarter',
    tools: ['shellcheck'],
    run(place) {
      const script = join(deploy(place, 'hot-restarter'), 'hot-restarter.sh');
      assert.equal(runTool('shellcheck', [script]), { code: 0, out: '', err: '' });
    },
  },
  {
    name: 'hot restarter: epochs, refusal, logs, the end of the one before, TERM to all',
    tools: ['sh'],
    async run(place) {
      const restarter = withDouble(place);
      const { calls, callsFile, child, config, ended, log } = restarter;
      try {
        await until('start 0', calls);
        child.kill('SIGHUP');
        assert.match(await until('start 1', calls), 'start 0\nvalidate\nstart 1\n');
        put(config, 'refused\n');
        child.kill('SIGHUP');
        await until('is refused', log);
        assert.is(calls(), 'start 0\nvalidate\nstart 1\nvalidate\n');
        child.kill('SIGUSR1');
        await until('USR1 1', calls);
        assert.match(await until('USR1 0', calls), 'USR1 1');
        put(`${callsFile}.end0`, '');
        await until('end 0', calls);
        put(config, 'good\n');
        child.kill('SIGHUP');
        await until('start 2', calls);
        child.kill('SIGTERM');
        assert.is(await ended(), 0);
        assert.match(calls(), 'TERM 1');
        assert.match(calls(), 'TERM 2');
        assert.not.match(calls(), 'TERM 0');
      } finally {
        await close(restarter);
      }
    },
  },
  {
    name: 'hot restarter: an epoch that dies while it starts leaves the one before; the last one ends all',
    tools: ['sh'],
    async run(place) {
      const restarter = withDouble(place);
      const { calls, callsFile, child, config, ended, log } = restarter;
      try {
        await until('start 0', calls);
        put(config, 'dies\n');
        child.kill('SIGHUP');
        assert.match(
          await until('the one before goes on', log),
          'epoch 1 ended with 3; the one before goes on',
          `${log()}${calls()}`,
        );
        assert.is(child.exitCode, null);
        put(config, 'good\n');
        child.kill('SIGHUP');
        await until('start 1\nvalidate\nstart 1', calls);
        put(`${callsFile}.end0`, '');
        await until('end 0', calls);
        put(`${callsFile}.end1`, '');
        assert.is(await ended(), 3, 'the failure is told');
      } finally {
        await close(restarter);
      }
    },
  },
  {
    name: 'hot restarter: an Envoy that does not start is told at once, with its code',
    tools: ['sh'],
    async run(place) {
      const restarter = start(
        place,
        { ENVOY_BIN: put(join(place.folder, 'envoy'), double, 0o755) },
        'dies\n',
      );
      assert.is(await restarter.ended(), 3);
    },
  },
  {
    name: 'hot restarter with real Envoy: every request is answered while three epochs follow each other',
    tools: ['real Envoy'],
    async run(place) {
      const [admin, port] = [await freePort(), await freePort()];
      const make = (answer: string) => configuration({ admin, port, answer, log: '/dev/null' });
      const env = {
        ENVOY_BIN: place.envoyBin ?? '',
        BASE_ID: String(port),
        DRAIN_SECONDS: '1',
        ADMIN_ADDRESS: `127.0.0.1:${admin}`,
      };
      const restarter = start(place, env, make('one'));
      const { child, config, ended, log } = restarter;
      try {
        assert.is(await until('one', () => ask(port)), 'one');
        const answers = new Map<string, number>();
        let asking = true;
        const load = (async () => {
          while (asking) {
            const answer = await ask(port);
            answers.set(answer, (answers.get(answer) ?? 0) + 1);
          }
        })();
        for (const answer of ['two', 'three']) {
          put(config, make(answer));
          child.kill('SIGHUP');
          assert.is(await until(answer, () => ask(port)), answer, log());
        }
        put(config, 'nothing: good\n');
        child.kill('SIGHUP');
        await until('is refused', log);
        asking = false;
        await load;
        assert.equal([...answers.keys()].sort(), ['one', 'three', 'two'].sort());
        assert.match(await ask(admin, '/server_info'), '"restart_epoch": 2');
        const stopped = Date.now();
        child.kill('SIGTERM');
        await until('draining for 1 s', log);
        assert.is(await ended(), 0, log());
        assert.ok(Date.now() - stopped >= 900, 'requests had their time');
      } finally {
        await close(restarter);
      }
    },
  },
];
