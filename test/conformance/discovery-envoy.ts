/**
 * Real Envoy on our DNS port: clusters of `consulService`, over TCP and UDP, with as many instances as a datagram does
 * not hold; instances that come and go; an agent that goes away and comes back.
 */
import { reservePort } from '../support/port-block.js';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { consulService } from '../../dsl/index.js';
import type { Discovery, DiscoveryOptions } from '../../runtime/discovery/index.js';
import { createDiscovery } from '../../runtime/discovery/index.js';

async function register(agent: Discovery, name: string, count: number): Promise<void> {
  for (let n = 1; n <= count; n++) {
    await fetch(`http://127.0.0.1:${agent.httpPort}/v1/agent/service/register`, {
      method: 'PUT',
      body: JSON.stringify({ ID: `${name}-${n}`, Name: name, Address: `10.0.${count}.${n}`, Port: 80 }),
    });
  }
}

/** Hosts of a cluster, as Envoy shows them. */
async function hosts(admin: number, cluster: string): Promise<string[]> {
  const text = await (await fetch(`http://127.0.0.1:${admin}/clusters`)).text();
  const found = new Set<string>();
  for (const [, name, address] of text.matchAll(/^([^:]+)::(\d[\d.]+:\d+)::/gm)) {
    if (name === cluster && address !== undefined) found.add(address);
  }
  return [...found].sort();
}

async function stat(admin: number, name: string): Promise<number> {
  const text = await (await fetch(`http://127.0.0.1:${admin}/stats?filter=^${name}$`)).text();
  return Number(/: (\d+)/.exec(text)?.[1] ?? 0);
}

async function until<T>(read: () => Promise<T>, isSo: (value: T) => boolean): Promise<T | undefined> {
  for (let turn = 0; turn < 100; turn++) {
    try {
      const value = await read();
      if (isSo(value)) return value;
    } catch {
      // Not up yet.
    }
    await new Promise((done) => setTimeout(done, 100));
  }
  return undefined;
}

export async function run(context: {
  readonly envoyBin: string;
}): Promise<{ readonly passed: number; readonly failed: number; readonly lines: readonly string[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-conformance-'));
  const [admin, dnsPort, httpPort] = [await reservePort(), await reservePort(), await reservePort()];
  const options: DiscoveryOptions = { httpPort, dnsPort, node: 'node1', dataDir: join(folder, 'data') };
  let agent = await createDiscovery(options);
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
  await register(agent, 'ten', 10);
  await register(agent, 'many', 120);
  const resolvers = [`127.0.0.1:${dnsPort}`];
  const shared = { port: 80, resolvers, agent: `127.0.0.1:${httpPort}` };
  const clusters = [
    consulService('ten', shared),
    consulService('many', shared),
    { ...consulService('many-udp', { ...shared, service: 'many', tcp: false }) },
  ];
  const config = {
    admin: { address: { socket_address: { address: '127.0.0.1', port_value: admin } } },
    static_resources: { clusters },
  };
  writeFileSync(join(folder, 'envoy.json'), JSON.stringify(config));
  const envoy = spawn(
    context.envoyBin,
    ['-c', join(folder, 'envoy.json'), '--use-dynamic-base-id', '--concurrency', '1', '-l', 'error'],
    { stdio: 'ignore' },
  );
  try {
    const seen = (name: string, count: number) =>
      until(
        () => hosts(admin, name),
        (found) => found.length === count,
      );
    check('ten hosts', (await seen('ten', 10)) !== undefined);
    check('120 hosts over TCP', (await seen('many', 120)) !== undefined);
    check(
      '120 hosts over UDP, whose answer is cut with TC and asked for again over TCP',
      (await seen('many-udp', 120)) !== undefined,
    );
    const before = await stat(admin, 'cluster.many-udp.membership_change');
    await new Promise((done) => setTimeout(done, 3000));
    check(
      'the hosts stay the same ones',
      (await stat(admin, 'cluster.many-udp.membership_change')) === before,
    );

    await fetch(`http://127.0.0.1:${httpPort}/v1/agent/service/deregister/ten-1`, { method: 'PUT' });
    check('a host that is deregistered goes', (await seen('ten', 9)) !== undefined);
    await fetch(`http://127.0.0.1:${httpPort}/v1/agent/service/maintenance/ten-2?enable=true`, {
      method: 'PUT',
    });
    check('one in maintenance goes', (await seen('ten', 8)) !== undefined);

    await agent.close();
    const failures = await stat(admin, 'cluster.ten.update_failure');
    check(
      'the agent is missed',
      (await until(
        () => stat(admin, 'cluster.ten.update_failure'),
        (count) => count > failures,
      )) !== undefined,
    );
    check('without the agent the hosts stay', (await hosts(admin, 'ten')).length === 8);
    const changes = await stat(admin, 'cluster.ten.membership_change');
    const successes = await stat(admin, 'cluster.ten.update_success');
    agent = await createDiscovery(options);
    check(
      'it is back, with what it knew',
      (await until(
        () => stat(admin, 'cluster.ten.update_success'),
        (count) => count > successes,
      )) !== undefined,
    );
    check('and no host flapped', (await stat(admin, 'cluster.ten.membership_change')) === changes);
  } finally {
    const ended = new Promise((done) => envoy.once('exit', done));
    envoy.kill('SIGKILL');
    await ended;
    await agent.close();
    rmSync(folder, { recursive: true, force: true });
  }
  return { passed, failed, lines };
}
