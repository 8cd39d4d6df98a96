/** What Prometheus and Consul are given. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readServicesFile } from '../../../runtime/discovery/definition/services-file.js';
import * as assert from 'uvu/assert';
import type { DeployCase } from './deploy-case.js';
import { ask, configuration, deploy, freePort, put, runTool, runWell, whileServing } from './deploy-case.js';

/** Who was down, and when it is told; by Prometheus' own test of rules. */
const ruleTest = `rule_files: [envoy3.rules.yml]
evaluation_interval: 1m
tests:
  - interval: 1m
    input_series:
      - series: up{job="envoy3", instance="a:9901"}
        values: 1 1 0 0 0 0
      - series: envoy_cluster_membership_healthy{job="envoy3", envoy_cluster_name="web"}
        values: 2 2 0 0 0 0
      - series: envoy_cluster_membership_total{job="envoy3", envoy_cluster_name="web"}
        values: 2 2 2 2 2 2
    alert_rule_test:
      - { eval_time: 1m, alertname: EnvoyDown }
      - eval_time: 4m
        alertname: EnvoyDown
        exp_alerts:
          - exp_labels: { severity: critical, job: envoy3, instance: "a:9901" }
            exp_annotations: { summary: "a:9901 does not answer." }
      - eval_time: 4m
        alertname: EnvoyClusterWithoutHealthyHosts
        exp_alerts:
          - exp_labels: { severity: critical, job: envoy3, envoy_cluster_name: web }
            exp_annotations: { summary: "web has no healthy host." }
`;

/** Counted from the first change of a listener or cluster by xDS on, which a file of `--layout split` is. */
const dynamicOnly = /_(?:lds|cds)_/;

const metricCases = (['bundled', 'envoy'] as const).map(
  (engine): DeployCase => ({
    name: `the metrics that alerts are about are those of the proxy: ${engine}`,
    tools: engine === 'envoy' ? ['real Envoy'] : [],
    async run(place) {
      const rules = readFileSync(join(deploy(place, 'prometheus', { engine }), 'envoy3.rules.yml'), 'utf8');
      const metrics = [...new Set([...rules.matchAll(/\benvoy_\w+(?=\{)/g)].map(([name]) => name))];
      assert.ok(metrics.length >= 4);
      const [admin, port, nobody] = [await freePort(), await freePort(), await freePort()];
      const cluster = `  clusters:
    - name: web
      load_assignment:
        cluster_name: web
        endpoints:
          - lb_endpoints:
              - endpoint: { address: { socket_address: { address: 127.0.0.1, port_value: ${nobody} } } }
`;
      const config = `${configuration({ admin, port, log: '/dev/null' }).replace(/direct_response: .*/, 'route: { cluster: web }')}${cluster}`;
      await whileServing(place, config, admin, engine, async () => {
        assert.match(await ask(port), 'upstream connect error');
        const stats = await ask(admin, '/stats/prometheus');
        for (const name of metrics.filter((one) => !dynamicOnly.test(one))) {
          assert.match(stats, new RegExp(`^${name}\\{`, 'm'), name);
        }
        assert.match(stats, /^envoy_cluster_upstream_rq_xx\{.*envoy_response_code_class="5".*\} 1$/m);
      });
    },
  }),
);

export const observerCases: readonly DeployCase[] = [
  ...metricCases,
  {
    name: 'promtool: takes the scrape configuration and the alerts, and they tell',
    tools: ['promtool'],
    run(place) {
      for (const engine of ['bundled', 'envoy'] as const) {
        const folder = deploy(place, 'prometheus', { engine, into: engine });
        runWell('promtool', ['check', 'config', join(folder, 'envoy3.scrape.yml')]);
        const { out } = runWell('promtool', ['check', 'rules', join(folder, 'envoy3.rules.yml')]);
        assert.match(out, 'SUCCESS: 4 rules found');
        put(join(folder, 'test.yml'), ruleTest);
        runWell('promtool', ['test', 'rules', 'test.yml'], { cwd: folder });
      }
    },
  },
  {
    name: 'consul validate: real Consul takes the services',
    tools: ['consul'],
    rare: true,
    run(place) {
      const folder = deploy(place, 'consul');
      assert.is(runTool('consul', ['validate', folder]).code, 0);
    },
  },
  {
    name: 'consul: the discovery module takes the services',
    tools: [],
    run(place) {
      const file = join(deploy(place, 'consul', { settings: { tags: 'envoy,edge' } }), 'envoy3.json');
      const [web, ...more] = readServicesFile(readFileSync(file, 'utf8'), file);
      assert.is(more.length, 0);
      assert.equal(
        [web?.service.name, web?.service.port, web?.service.tags],
        ['envoy3-web', 8080, ['envoy', 'edge']],
      );
      assert.is(web?.checks.length, 2);
    },
  },
];
