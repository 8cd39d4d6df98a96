/** What a deployment reads off a configuration. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { configurationFacts } from '../../../cli/deploy/configuration-facts.js';

const socket = (address: string, port_value: number, more = {}) => ({
  address: { socket_address: { address, port_value, ...more } },
});
const facts = (bootstrap: unknown) => configurationFacts(bootstrap);
const listenersOf = (...listeners: unknown[]) => facts({ static_resources: { listeners } }).listeners;

test('the admin interface, as its own host reaches it', () => {
  const admin = (address: string, port = 9901) => facts({ admin: socket(address, port) }).admin;
  assert.is(admin('127.0.0.1'), '127.0.0.1:9901');
  assert.is(admin('0.0.0.0'), '127.0.0.1:9901');
  assert.is(admin('::'), '[::1]:9901');
  assert.is(admin('fd00::1'), '[fd00::1]:9901');
  assert.is(admin('127.0.0.1', 0), undefined);
  assert.is(facts({ admin: { address: { pipe: { path: '/run/admin' } } } }).admin, undefined);
  assert.is(facts({}).admin, undefined);
});

test('listeners: names, labels, probes', () => {
  const [web, dns, bare] = listenersOf(
    { name: 'Web / edge.', ...socket('0.0.0.0', 80) },
    { name: 'dns', ...socket('::1', 53, { protocol: 'UDP' }) },
    socket('127.0.0.1', 8080),
  );
  assert.equal([web?.label, web?.probe, web?.isLocal], ['Web-edge', '127.0.0.1:80', false]);
  assert.equal([dns?.protocol, dns?.probe, dns?.isLocal], ['udp', '', true]);
  assert.equal([bare?.name, bare?.isLocal], ['listener-2', true]);
  assert.equal(
    listenersOf({ address: { pipe: { path: '/run/a' } } }, { name: 'port 0', ...socket('::', 0) }),
    [],
  );
  assert.is(listenersOf({ name: '//', ...socket('::', 1) })[0]?.label, 'listener-0');
});

test('a port below 1024 is privileged', () => {
  const privileged = (port: number) =>
    facts({ static_resources: { listeners: [socket('0.0.0.0', port)] } }).isPrivileged;
  assert.equal([privileged(1023), privileged(1024)], [true, false]);
});

test('access logs wherever they are, but for devices and relative paths', () => {
  const log = (path: string) => ({
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog',
      path,
    },
  });
  const found = facts({
    admin: { access_log_path: '/var/log/admin.log' },
    static_resources: {
      listeners: [
        { access_log: [log('/b.log'), log('/dev/stdout'), log('relative.log')], deep: [[log('/a.log')]] },
      ],
      clusters: [{ path: '/not/a/log' }, log('/b.log')],
    },
  });
  assert.equal(found.logFiles, ['/a.log', '/b.log', '/var/log/admin.log']);
  assert.equal(found.files, []);
});

test('files that are read: certificates, keys, secrets', () => {
  const found = facts({
    static_resources: {
      secrets: [
        {
          tls_certificate: {
            certificate_chain: { filename: '/b.pem' },
            private_key: { filename: 'relative' },
          },
        },
      ],
      clusters: [{ tls: { sds_config: { path_config_source: { path: '/a.yaml' } } }, path: '/not/a/file' }],
    },
    more: [{ filename: '/dev/null' }, { filename: 1 }, null],
  });
  assert.equal(found.files, ['/a.yaml', '/b.pem']);
});

test.run();
