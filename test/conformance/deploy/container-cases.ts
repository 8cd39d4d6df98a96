/** The Dockerfile and the compose file. No container is run: that takes a daemon. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import type { DeployCase } from './deploy-case.js';
import { configuration, deploy, freePort, put, runTool, runWell, whileServing } from './deploy-case.js';

const engines = ['bundled', 'envoy'] as const;
const open = configuration().replace(
  'address: 127.0.0.1, port_value: 8080',
  'address: 0.0.0.0, port_value: 80',
);

export const containerCases: readonly DeployCase[] = [
  {
    name: 'docker-compose config: takes the compose file, and reads it as it is meant',
    tools: ['docker-compose'],
    run(place) {
      for (const engine of engines) {
        const folder = deploy(place, 'docker', { engine, config: open, into: engine });
        const file = join(folder, 'compose.yaml');
        assert.equal(runTool('docker-compose', ['-f', file, 'config', '-q']), { code: 0, out: '', err: '' });
        const { services } = parse(runWell('docker-compose', ['-f', file, 'config']).out);
        const { envoy3 } = services;
        assert.equal(envoy3.volumes, [
          { type: 'bind', source: join(folder, 'config'), target: '/etc/envoy3', read_only: true },
        ]);
        assert.equal(envoy3.ports, [{ protocol: 'tcp', published: 80, target: 80 }]);
        assert.equal([envoy3.cap_drop, envoy3.cap_add], [['ALL'], ['NET_BIND_SERVICE']]);
        assert.is(envoy3.stop_grace_period, '45s');
        put(
          file,
          readFileSync(file, 'utf8').replace('read_only: true\n    tmpfs', 'readonly: true\n    tmpfs'),
        );
        assert.is(runTool('docker-compose', ['-f', file, 'config', '-q']).code, 1, 'a slip is seen');
      }
    },
  },
  {
    name: 'the compose schema: takes the compose file',
    tools: ['check-jsonschema'],
    run(place) {
      for (const engine of engines) {
        const folder = deploy(place, 'docker', { engine, config: open, into: engine });
        runWell('check-jsonschema', [
          '--builtin-schema',
          'vendor.compose-spec',
          join(folder, 'compose.yaml'),
        ]);
      }
    },
  },
  {
    name: 'hadolint: nothing to say of the Dockerfile',
    tools: ['hadolint'],
    run(place) {
      for (const engine of engines) {
        const folder = deploy(place, 'docker', { engine, config: open, into: engine });
        assert.equal(runTool('hadolint', ['--no-color', join(folder, 'Dockerfile')]), {
          code: 0,
          out: '',
          err: '',
        });
      }
    },
  },
  {
    name: 'the health checks of the Dockerfile: 0 for a proxy that is ready, else not',
    tools: ['bash'],
    async run(place) {
      const [admin, port] = [await freePort(), await freePort()];
      const config = configuration({ admin, port, log: '/dev/null' });
      const commands = engines.map((engine) => {
        const folder = deploy(place, 'docker', { engine, config, into: engine });
        const line = /^ +CMD (\[.*\])$/m.exec(readFileSync(join(folder, 'Dockerfile'), 'utf8'));
        return JSON.parse(line?.[1] ?? '[]') as [string, ...string[]];
      });
      const codes = () => commands.map(([command, ...args]) => runTool(command, args).code === 0);
      assert.equal(codes(), [false, false]);
      await whileServing(place, config, admin, 'bundled', () => assert.equal(codes(), [true, true]));
    },
  },
];
