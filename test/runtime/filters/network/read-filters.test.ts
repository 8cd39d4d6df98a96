import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { connectionLimitFactory } from '../../../../runtime/filters/network/limits/connection-limit.js';
import { networkLocalRateLimitFactory } from '../../../../runtime/filters/network/limits/local-rate-limit.js';
import { networkRbacFactory } from '../../../../runtime/filters/network/rbac/rbac-filter.js';
import { tcpProxyFactory } from '../../../../runtime/filters/network/tcp-proxy/tcp-proxy.js';
import type { ConfigError } from '../../../../runtime/network/filter.js';
import type { NetworkRig } from './network-rig.js';
import { canonical, withRig } from './network-rig.js';

const filters = 'envoy.extensions.filters.network.';
const any = { any: true };
const format =
  '%RESPONSE_FLAGS% %BYTES_RECEIVED% %CONNECTION_TERMINATION_DETAILS% %DYNAMIC_METADATA(envoy.filters.network.rbac)%';
const access_log = [
  {
    name: 'log',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
      path: 'log',
      log_format: { text_format_source: { inline_string: format } },
    },
  },
];

function behindIt(rig: NetworkRig): void {
  const proxy = canonical(`${filters}tcp_proxy.v3.TcpProxy`, { stat_prefix: 'p', cluster: 'c', access_log });
  rig.filter = tcpProxyFactory(proxy, rig.context);
}

function rbac(rig: NetworkRig, fields: Record<string, unknown>): void {
  const config = canonical(`${filters}rbac.v3.RBAC`, { stat_prefix: 'r', ...fields });
  rig.readFilters = [networkRbacFactory(config, rig.context)];
  behindIt(rig);
}

const policies = (principal: unknown, permission: unknown = any) => ({
  policies: { 'the policy': { permissions: [permission], principals: [principal] } },
});

test('rbac: the host may speak first; the first octets of the client decide', async () => {
  await withRig(async (rig) => {
    rbac(rig, { rules: policies({ not_id: any }) });
    const client = await rig.connect();
    const host = await rig.hostPeer();
    host.socket.write('welcome');
    await client.has('welcome');
    client.socket.write('secret');
    await client.over;
    assert.is(client.ended, 'end');
    await host.over;
    assert.is(host.received, '');
    assert.is(rig.value('r.rbac.denied'), 1);
    await rig.eventually(() => rig.log.length === 1);
    assert.equal(rig.log, ['- 6 rbac_access_denied_matched_policy[none] -']);
  });
});

test('rbac: who may connect is not noticed', async () => {
  await withRig(async (rig) => {
    rbac(rig, { rules: policies({ remote_ip: { address_prefix: '127.0.0.0', prefix_len: 8 } }) });
    const client = await rig.connect();
    client.socket.write('hello');
    const host = await rig.hostPeer();
    await host.has('hello');
    client.socket.write(' again');
    await host.has('hello again');
    assert.is(rig.value('r.rbac.allowed'), 1);
  });
});

test('rbac: CONTINUOUS asks again', async () => {
  await withRig(async (rig) => {
    rbac(rig, { rules: policies(any), enforcement_type: 'CONTINUOUS' });
    const client = await rig.connect();
    client.socket.write('a');
    const host = await rig.hostPeer();
    await host.has('a');
    client.socket.write('b');
    await host.has('ab');
    assert.is(rig.value('r.rbac.allowed'), 2);
  });
});

test('rbac: addresses are those that the PROXY protocol told, but for direct_remote_ip', async () => {
  await withRig(async (rig) => {
    rig.info = { remoteAddress: '10.1.2.3', directRemoteAddress: '192.0.2.1', serverName: 'a.example' };
    for (const [principal, allowed] of [
      [{ source_ip: { address_prefix: '10.0.0.0', prefix_len: 8 } }, 1],
      [{ remote_ip: { address_prefix: '10.0.0.0', prefix_len: 8 } }, 1],
      [{ direct_remote_ip: { address_prefix: '10.0.0.0', prefix_len: 8 } }, 0],
      [{ direct_remote_ip: { address_prefix: '192.0.2.1', prefix_len: 32 } }, 1],
    ] as const) {
      rbac(rig, { rules: policies(principal, { requested_server_name: { suffix: '.example' } }) });
      const before = rig.value('r.rbac.allowed') + rig.value('r.rbac.denied');
      const allowedBefore = rig.value('r.rbac.allowed');
      (await rig.connect()).socket.write('x');
      await rig.eventually(() => rig.value('r.rbac.allowed') + rig.value('r.rbac.denied') > before);
      assert.is(rig.value('r.rbac.allowed') - allowedBefore, allowed, JSON.stringify(principal));
    }
  });
});

test('rbac: shadow rules only tell', async () => {
  await withRig(async (rig) => {
    rbac(rig, { shadow_rules: { action: 'DENY', ...policies(any) }, shadow_rules_stat_prefix: 's_' });
    const client = await rig.connect();
    client.socket.write('x');
    await (await rig.hostPeer()).has('x');
    client.socket.resetAndDestroy();
    await rig.eventually(() => rig.log.length === 1);
    assert.equal(rig.log, [
      '- 1 - {"s_shadow_effective_policy_id":"the policy","s_shadow_engine_result":"denied"}',
    ]);
    assert.is(rig.value('r.rbac.s_.shadow_denied'), 1);
  });
});

test('rbac: delay_deny keeps the client waiting', async () => {
  await withRig(async (rig) => {
    rbac(rig, { rules: {}, delay_deny: '3s' });
    const client = await rig.connect();
    client.socket.write('x');
    await rig.eventually(() => rig.value('r.rbac.denied') === 1);
    rig.clock.advance(2999);
    assert.is(client.ended, 'no');
    rig.clock.advance(1);
    await client.over;
  });
});

test('rbac: conditions on headers are refused, wherever they stand', async () => {
  await withRig(async (rig) => {
    try {
      rbac(rig, { rules: policies({ and_ids: { ids: [{ header: { name: 'x', present_match: true } }] } }) });
      assert.unreachable();
    } catch (error) {
      assert.equal((error as ConfigError).path, [
        'rules',
        'policies',
        'the policy',
        'principals',
        0,
        'and_ids',
        'ids',
        0,
        'header',
      ]);
    }
  });
});

test('connection_limit counts those that are open', async () => {
  await withRig(async (rig) => {
    const config = canonical(`${filters}connection_limit.v3.ConnectionLimit`, {
      stat_prefix: 'l',
      max_connections: 1,
      delay: '2s',
    });
    rig.readFilters = [connectionLimitFactory(config, rig.context)];
    behindIt(rig);
    const first = await rig.connect();
    await rig.hostPeer();
    const second = await rig.connect();
    await rig.eventually(() => rig.value('connection_limit.l.limited_connections') === 1);
    assert.is(rig.value('connection_limit.l.active_connections'), 2);
    rig.clock.advance(1999);
    assert.is(second.ended, 'no');
    rig.clock.advance(1);
    await second.over;
    first.socket.resetAndDestroy();
    await rig.eventually(() => rig.value('connection_limit.l.active_connections') === 0);
    await rig.connect();
    await rig.hostPeer(1);
    assert.is(rig.value('connection_limit.l.limited_connections'), 1);
  });
});

test('local_ratelimit fills its bucket as time goes; a share_key makes it common', async () => {
  await withRig(async (rig) => {
    const config = canonical(`${filters}local_ratelimit.v3.LocalRateLimit`, {
      stat_prefix: 'l',
      share_key: 'all',
      token_bucket: { max_tokens: 1, tokens_per_fill: 1, fill_interval: '10s' },
    });
    const other = networkLocalRateLimitFactory(config, rig.context);
    rig.readFilters = [networkLocalRateLimitFactory(config, rig.context)];
    behindIt(rig);
    await rig.connect();
    await rig.hostPeer();
    await (await rig.connect()).over;
    assert.is(rig.value('local_rate_limit.l.rate_limited'), 1);
    rig.clock.advance(9999);
    rig.readFilters = [other];
    await (await rig.connect()).over;
    assert.is(rig.value('local_rate_limit.l.rate_limited'), 2);
    rig.clock.advance(1);
    await rig.connect();
    await rig.hostPeer(1);
    assert.is(rig.value('local_rate_limit.l.rate_limited'), 2);
  });
});

test('a bucket that would fill too often is refused', async () => {
  await withRig(async (rig) => {
    const config = canonical(`${filters}local_ratelimit.v3.LocalRateLimit`, {
      stat_prefix: 'l',
      token_bucket: { max_tokens: 1, fill_interval: '0.04s' },
    });
    assert.throws(() => networkLocalRateLimitFactory(config, rig.context), /must be >= 50ms/);
  });
});

test.run();
