/** The Chef cookbook: read by Ruby, judged by RuboCop, and run on a small double of Chef's language. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import type { DeployCase } from './deploy-case.js';
import { configuration, deploy, program, put, runTool, runWell } from './deploy-case.js';

interface Resource {
  readonly type: string;
  readonly name: string;
  readonly properties: Readonly<Record<string, unknown>>;
  readonly notifies: readonly (readonly [action: string, target: string, timing: string])[];
}

interface Run {
  readonly unified: boolean;
  readonly metadata: readonly (readonly string[])[];
  readonly resources: readonly Resource[];
}

const rubyFiles = ['metadata.rb', 'attributes/default.rb', 'resources/config.rb', 'recipes/default.rb'];

export const chefCases: readonly DeployCase[] = [
  {
    name: 'ruby -c and RuboCop: nothing to say of the cookbook',
    tools: ['ruby', 'rubocop'],
    run(place) {
      for (const engine of ['bundled', 'envoy'] as const) {
        const settings = { description: 'a \'quoted\' "text" \\' };
        const folder = join(deploy(place, 'chef', { engine, settings, into: engine }), 'envoy3');
        for (const file of rubyFiles) {
          assert.equal(
            runTool('ruby', ['-wc', join(folder, file)]),
            { code: 0, out: 'Syntax OK\n', err: '' },
            file,
          );
        }
        const { out } = runWell('rubocop', ['--no-color', '--cache', 'false', '.'], { cwd: folder });
        assert.match(out, '4 files inspected, no offenses detected');
      }
    },
  },
  {
    name: 'the recipe: verifies the new file, reloads at the end of the run, then waits until it is ready',
    tools: ['ruby'],
    run(place) {
      const description = 'a \'quoted\' "#{1 + 1}" \\';
      const cookbook = join(deploy(place, 'chef', { settings: { description } }), 'envoy3');
      const { out } = runWell('ruby', [join(place.root, 'test/conformance/deploy/chef-run.rb'), cookbook]);
      const { metadata, resources, unified } = JSON.parse(out) as Run;
      assert.is(unified, true);
      assert.equal(metadata.find(([name]) => name === 'description')?.[1], description);
      const named = (type: string) => resources.filter((one) => one.type === type);
      const [config] = named('envoy3_config');
      assert.equal(config?.notifies, [
        ['reload', 'service[envoy3]', 'delayed'],
        ['get', 'http_request[envoy3-ready]', 'delayed'],
      ]);
      const [file] = named('cookbook_file');
      assert.is(file?.name, '/etc/envoy3/envoy3.yaml');
      assert.is(file?.properties.verify, `${program(place)} check --quiet --lint none --no-settings %{path}`);
      assert.is(file?.properties.mode, '0640');
      const [unit] = named('systemd_unit');
      assert.equal([unit?.properties.verify, unit?.properties.triggers_reload], [true, true]);
      assert.is(unit?.notifies[0]?.join(' '), 'restart service[envoy3] delayed');
      const written = deploy(place, 'systemd', { settings: { description }, into: 'unit' });
      const text = readFileSync(join(written, 'envoy3.service'), 'utf8');
      const body = (all: string) => all.slice(all.indexOf('[Unit]'));
      assert.is(body(String(unit?.properties.content)), body(text), 'the unit is the one of systemd');
      assert.equal(named('service')[0]?.properties.action, ['enable', 'start']);
    },
  },
  {
    name: 'what the cookbook verifies with: takes the name that Chef gives the new file, refuses a broken one',
    tools: ['ruby'],
    run(place) {
      const cookbook = join(deploy(place, 'chef'), 'envoy3');
      const { out } = runWell('ruby', [join(place.root, 'test/conformance/deploy/chef-run.rb'), cookbook]);
      const file = (JSON.parse(out) as Run).resources.find(({ type }) => type === 'cookbook_file');
      const verify = (text: string) => {
        const path = put(join(place.folder, '.chef-envoy320261121-42-1ab2c3.yaml'), text);
        return runTool('sh', ['-c', String(file?.properties.verify).replace('%{path}', path)]).code;
      };
      assert.is(verify(configuration()), 0);
      assert.is(verify(`${configuration()}oops: 1\n`), 1);
    },
  },
];
