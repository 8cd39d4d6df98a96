/**
 * Clusters of the bundled runtime on a real Consul agent (`CONSUL_BIN`, run as `CONSUL_BIN agent ...`): complete answers,
 * and news by its blocking queries. Without the agent the suite is left out: it takes minutes to build, so this is a step
 * of a release, not of each run.
 */
import { reservePort } from '../support/port-block.js';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readMessage } from '../../dsl/api/read-message.js';
import type { envoy_config_cluster_v3_Cluster as ClusterConfig } from '../../dsl/api/generated/types.js';
import { consulService } from '../../dsl/index.js';
import { systemClock } from '../../runtime/common/clock.js';
import { createStatsStore } from '../../runtime/stats/stats-store.js';
import { createCluster } from '../../runtime/upstream/cluster/create-cluster.js';
import type { OwnedCluster } from '../../runtime/upstream/cluster/owned-cluster.js';
import { start, stop, waitForPort } from '../bench/processes.js';

async function put(port: number, path: string, body?: object): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'PUT',
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  await response.text();
  return response.status;
}

async function until(isSo: () => boolean): Promise<boolean> {
  for (let turn = 0; turn < 500 && !isSo(); turn++) await new Promise((done) => setTimeout(done, 10));
  return isSo();
}

export async function run(): Promise<{
  readonly passed: number;
  readonly failed: number;
  readonly lines: readonly string[];
}> {
  const binary = process.env.CONSUL_BIN;
  if (binary === undefined) return { passed: 0, failed: 0, lines: ['left out: set CONSUL_BIN'] };
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-conformance-'));
  const [dns, http, serf, wan, rpc] = [
    await reservePort(),
    await reservePort(),
    await reservePort(),
    await reservePort(),
    await reservePort(),
  ];
  const config = {
    server: true,
    bootstrap_expect: 1,
    node_name: 'node1',
    bind_addr: '127.0.0.1',
    client_addr: '127.0.0.1',
    disable_update_check: true,
    performance: { raft_multiplier: 1 },
    log_level: 'error',
    data_dir: join(folder, 'data'),
    ports: { http, dns, grpc: -1, grpc_tls: -1, serf_lan: serf, serf_wan: wan, server: rpc },
  };
  writeFileSync(join(folder, 'consul.json'), JSON.stringify(config));
  const consul = start('consul', binary, ['agent', '-config-file', join(folder, 'consul.json')], folder);
  const lines: string[] = [];
  let passed = 0;
  let failed = 0;
  const check = (what: string, isSo: boolean): void => {
    if (isSo) passed++;
    else {
      failed++;
      lines.push(`FAILED: ${what}`);
    }
  };
  const owned: OwnedCluster[] = [];
  try {
    await waitForPort(http, 'consul');
    for (let turn = 0; turn < 100 && (await put(http, '/v1/kv/ready')) !== 200; turn++) {
      await new Promise((done) => setTimeout(done, 200));
    }
    const register = (id: string, name: string, n: number) =>
      put(http, '/v1/agent/service/register', { ID: id, Name: name, Address: `10.0.0.${n}`, Port: 8000 + n });
    for (let n = 1; n <= 80; n++) await register(`many-${n}`, 'many', n);
    await register('few-1', 'few', 1);
    const follow = async (name: string, more: object): Promise<() => string[]> => {
      const built = consulService(name, {
        port: 80,
        resolvers: [`127.0.0.1:${dns}`],
        agent: `127.0.0.1:${http}`,
        refreshRate: '3600s',
        ...more,
      } as Parameters<typeof consulService>[1]);
      const { value } = readMessage('envoy.config.cluster.v3.Cluster', {
        ...built,
        dns_failure_refresh_rate: undefined,
      });
      const dependencies = { clock: systemClock, stats: createStatsStore(), random: () => 0.5 };
      const one = createCluster(value as unknown as ClusterConfig, dependencies, undefined);
      owned.push(one);
      await one.warmed;
      one.cluster.activate();
      return () => one.cluster.hostSet.hosts.map(({ addressText }) => addressText).sort();
    };
    const many = await follow('many', {});
    check('all 80 hosts, where UDP gives 74 and TC is off', many().length === 80);
    const few = await follow('few', { port: 'srv', defaultPort: 1 });
    check('port of the SRV record', few().join() === '10.0.0.1:8001');
    // The blocking query has to be there before there is news.
    await new Promise((done) => setTimeout(done, 500));
    await register('few-2', 'few', 2);
    check('a new instance by news alone', await until(() => few().length === 2));
    await new Promise((done) => setTimeout(done, 200));
    await put(http, '/v1/agent/service/maintenance/few-1?enable=true');
    check('maintenance by news alone', await until(() => few().join() === '10.0.0.2:8002'));
    await new Promise((done) => setTimeout(done, 200));
    await put(http, '/v1/agent/service/deregister/few-2');
    check('the last one goes', await until(() => few().length === 0));
  } finally {
    for (const one of owned) one.stop();
    await stop(consul);
    rmSync(folder, { recursive: true, force: true });
  }
  return { passed, failed, lines };
}
