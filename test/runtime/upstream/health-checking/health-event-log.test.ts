/** Lines of the event log, as recorded on Envoy 1.40. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { healthEventText } from '../../../../runtime/upstream/health-checking/health-event-log.js';
import { createHost } from '../../../../runtime/upstream/host/create-host.js';
import { host } from '../fixtures.js';

const time = Date.UTC(2026, 0, 31, 12, 0, 0, 7);
const where =
  '"host":{"socket_address":{"protocol":"TCP","address":"1.1.1.1","port_value":80,"resolver_name":"","ipv4_compat":false,"network_namespace_filepath":""}},"cluster_name":"c"';
const locality = '"locality":{"region":"","zone":"","sub_zone":""}';
const failure = { type: 'ACTIVE', firstCheck: true, httpStatus: 503 } as const;

test('each kind of event has its field at its place', () => {
  const text = (event: Parameters<typeof healthEventText>[4]) =>
    healthEventText('HTTP', 'c', host('1.1.1.1'), time, event);
  const start = `{"health_checker_type":"HTTP",${where}`;
  const at = '"timestamp":"2026-01-31T12:00:00.007Z"';
  assert.is(
    text({ kind: 'add_healthy_event', firstCheck: true }),
    `${start},"add_healthy_event":{"first_check":true},${at},${locality}}`,
  );
  assert.is(
    text({ kind: 'eject_unhealthy_event', failure }),
    `${start},"eject_unhealthy_event":{"failure_type":"ACTIVE","http_status_code":503},${at},${locality}}`,
  );
  assert.is(
    text({ kind: 'health_check_failure_event', failure }),
    `${start},${at},"health_check_failure_event":{"failure_type":"ACTIVE","first_check":true,"http_status_code":503},${locality}}`,
  );
  assert.is(
    text({ kind: 'degraded_healthy_host' }),
    `${start},${at},"degraded_healthy_host":{},${locality}}`,
  );
  assert.is(
    text({ kind: 'successful_health_check_event' }),
    `${start},${at},${locality},"successful_health_check_event":{}}`,
  );
});

test('metadata of the endpoint stands before its locality', () => {
  const attributes = { hostname: '', weight: 1, priority: 0, zone: '', region: '', subZone: '' };
  const metadata = { filter_metadata: { 'envoy.lb': { a: 'b' } } };
  const healthCheck = { port: 0, address: undefined, hostname: '', disabled: false, metadata };
  const made = createHost({ kind: 'ip', ip: '1.1.1.1', port: 80 }, { ...attributes, healthCheck });
  assert.match(
    healthEventText('TCP', 'c', made, time, { kind: 'degraded_healthy_host' }),
    `"degraded_healthy_host":{},"metadata":{"filter_metadata":{"envoy.lb":{"a":"b"}},"typed_filter_metadata":{}},${locality}`,
  );
});

test('a pipe, and a locality', () => {
  const piped = createHost(
    { kind: 'pipe', path: '/run/s' },
    { hostname: '', weight: 1, priority: 0, zone: 'z', region: 'r', subZone: 's' },
  );
  const text = healthEventText('TCP', 'c', piped, time, { kind: 'no_longer_degraded_host' });
  assert.match(text, '"host":{"pipe":{"path":"/run/s","mode":0}}');
  assert.match(text, '"locality":{"region":"r","zone":"z","sub_zone":"s"}');
});

test.run();
