/** systemd's own judgement of the units, and logrotate at work. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { DeployCase } from './deploy-case.js';
import { configuration, deploy, put, runTool, runWell } from './deploy-case.js';

/** Tenths of systemd's exposure level: below 2.0 of 10 it says OK. */
const mostExposure = 1.9;

const engines = ['bundled', 'envoy'] as const;

/** A port below 1024 asks for one capability more; hostile text must not be read. */
const variants = [
  { name: 'as it is', options: {} },
  {
    name: 'port 80 and odd text',
    options: {
      config: configuration({ port: 80, log: '/srv/a b/%i.log' }),
      settings: { description: '100 % of $HOME \\x "q"', name: 'edge-1' },
    },
  },
];

function verify(path: string): void {
  const { code, out, err } = runTool('systemd-analyze', ['verify', path]);
  // Keys that it does not know are told, and the exit code is 0 all the same.
  assert.equal([code, out + err], [0, '']);
}

const verifies: DeployCase[] = engines.flatMap((engine) =>
  variants.map(({ name, options }) => ({
    name: `systemd-analyze verify: unit for ${engine}, ${name}`,
    tools: ['systemd-analyze'],
    run(place) {
      const folder = deploy(place, 'systemd', { engine, ...options });
      verify(join(folder, `${options.settings?.name ?? 'envoy3'}.service`));
    },
  })),
);

const secures: DeployCase[] = engines.map((engine) => ({
  name: `systemd-analyze security: unit for ${engine}, below ${mostExposure}`,
  tools: ['systemd-analyze'],
  run(place) {
    const unit = join(deploy(place, 'systemd', { engine }), 'envoy3.service');
    const threshold = `--threshold=${mostExposure * 10}`;
    runWell('systemd-analyze', ['security', '--offline=true', '--no-pager', threshold, unit]);
  },
}));

export const unitCases: readonly DeployCase[] = [
  ...verifies,
  ...secures,
  {
    name: 'systemd-analyze verify: a Quadlet, but for its container section',
    tools: ['systemd-analyze'],
    run(place) {
      for (const engine of engines) {
        const folder = deploy(place, 'quadlet', { engine, into: engine });
        const text = readFileSync(join(folder, 'envoy3.container'), 'utf8');
        const rest = text
          .replace(/^\[Container\]\n[^[]*/m, '')
          .replace('[Service]\n', '[Service]\nExecStart=/bin/true\n');
        verify(
          put(join(place.folder, engine, 'envoy3.service'), rest.replaceAll('/usr/bin/podman', '/bin/echo')),
        );
      }
    },
  },
  {
    name: "Podman's generator: a Quadlet",
    tools: ['/usr/libexec/podman/quadlet'],
    rare: true,
    run(place) {
      const folder = deploy(place, 'quadlet');
      const env = { QUADLET_UNIT_DIRS: folder };
      const { out, err } = runWell('/usr/libexec/podman/quadlet', ['--dryrun'], { env });
      assert.match(out, 'ExecStart=/usr/bin/podman run');
      assert.not.match(err, /unsupported|error/i);
    },
  },
  {
    name: 'logrotate: understands it, rotates, and says so to the proxy; a second run does nothing',
    tools: ['logrotate'],
    run(place) {
      const logs = join(place.folder, 'var log', 'envoy3');
      mkdirSync(logs, { recursive: true, mode: 0o755 });
      const files = ['access.log', '100%.log'].map((name) => join(logs, name));
      const config = configuration({ log: JSON.stringify(files[0]) });
      const folder = deploy(place, 'logrotate', { config });
      const state = join(place.folder, 'state');
      const called = join(place.folder, 'called');
      put(join(place.folder, 'bin', 'systemctl'), `#!/bin/sh\necho "$*" >> '${called}'\n`, 0o755);
      const env = { PATH: `${join(place.folder, 'bin')}:${process.env.PATH}` };
      for (const file of files) put(file, 'a line\n');
      const conf = join(folder, 'envoy3');
      assert.match(
        runWell('logrotate', ['-d', '-s', state, conf], { env }).err,
        `considering log ${files[0]}`,
      );
      runWell('logrotate', ['-f', '-s', state, conf], { env });
      assert.not.ok(existsSync(files[0] ?? ''));
      assert.is(readFileSync(`${files[0]}.1`, 'utf8'), 'a line\n');
      assert.ok(existsSync(files[1] ?? ''), 'what the configuration does not name is not touched');
      assert.is(readFileSync(called, 'utf8'), 'kill --kill-who=main --signal=USR1 envoy3.service\n');
      runWell('logrotate', ['-s', state, conf], { env });
      assert.not.ok(existsSync(`${files[0]}.2`));
    },
  },
  {
    name: 'logrotate: a configuration without logs rotates the folder of the logs',
    tools: ['logrotate'],
    run(place) {
      const logs = join(place.folder, 'logs');
      const config = configuration({ log: '/dev/stdout' });
      const folder = deploy(place, 'logrotate', { config, settings: { log_dir: logs } });
      put(join(logs, 'a.log'), 'a line\n');
      runWell('logrotate', ['-f', '-s', join(place.folder, 'state'), join(folder, 'envoy3')]);
      assert.ok(existsSync(join(logs, 'a.log.1')));
    },
  },
];
