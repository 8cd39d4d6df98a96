import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Agent } from '../../../runtime/discovery/agent.js';
import { createCatalog } from '../../../runtime/discovery/catalog/create-catalog.js';
import { readService } from '../../../runtime/discovery/definition/service-definition.js';
import { FakeClock } from '../../support/fake-clock.js';

function start() {
  const clock = new FakeClock();
  const node = { id: 'id', name: 'n1', address: '127.0.0.1', datacenter: 'dc1', meta: {} };
  const catalog = createCatalog({ node });
  return { clock, catalog, agent: new Agent({ catalog, clock }) };
}

const web = (check: object) => readService({ ID: 'web1', Name: 'web', Check: check });

test('a check whose TTL runs out is critical, and the next report brings it back', () => {
  const { clock, catalog, agent } = start();
  agent.registerService(web({ TTL: '10s', Status: 'passing' }), 'api');
  const status = () => catalog.check('service:web1')?.status;
  clock.advance(9_000);
  assert.is(agent.report('service:web1', 'passing', ''), 'done');
  clock.advance(9_000);
  assert.is(status(), 'passing');
  clock.advance(1_000);
  assert.is(status(), 'critical');
  assert.is(catalog.check('service:web1')?.output, 'TTL expired');
  agent.report('service:web1', 'warning', 'slow');
  assert.is(status(), 'warning');
  clock.advance(10_000);
  assert.is(status(), 'critical');
  agent.close();
  assert.is(clock.timers, 0);
});

test('a service that stays critical is removed, one that recovers is not', () => {
  const { clock, catalog, agent } = start();
  agent.registerService(web({ TTL: '10s', Status: 'passing', DeregisterCriticalServiceAfter: '2m' }), 'api');
  clock.advance(10_000 + 119_000);
  agent.report('service:web1', 'passing', '');
  clock.advance(9_000);
  assert.ok(catalog.service('web1'));
  clock.advance(1_000 + 119_999);
  assert.ok(catalog.service('web1'));
  clock.advance(1);
  assert.is(catalog.service('web1'), undefined);
  assert.is(clock.timers, 0);
});

test('reports that say critical again do not put the removal off', () => {
  const { clock, catalog, agent } = start();
  agent.registerService(web({ TTL: '10s', DeregisterCriticalServiceAfter: '1m' }), 'api');
  for (let second = 0; second < 12; second++) {
    agent.report('service:web1', 'critical', 'no');
    clock.advance(5_000);
  }
  assert.is(catalog.service('web1'), undefined);
});

test('registering again keeps checks unless they are to be replaced', () => {
  const { catalog, agent } = start();
  agent.registerService(web({ TTL: '10s' }), 'api');
  agent.registerService(readService({ ID: 'web1', Name: 'web' }), 'api');
  assert.ok(catalog.check('service:web1'));
  const other = readService({ ID: 'web1', Name: 'web', Checks: [{ CheckID: 'own', TTL: '1m' }] });
  agent.registerService(other, 'api', true);
  assert.equal(
    catalog.checks().map(({ id }) => id),
    ['own'],
  );
});

test('maintenance is a critical check, of a service or of the node', () => {
  const { catalog, agent } = start();
  agent.registerService(readService({ Name: 'web' }), 'api');
  assert.ok(agent.maintainService('web', true, 'upgrade'));
  assert.is(catalog.instances('web')[0]?.checks[0]?.notes, 'upgrade');
  agent.maintainService('web', false, '');
  agent.maintainNode(true, '');
  assert.is(catalog.instances('web')[0]?.checks[0]?.id, '_node_maintenance');
  assert.not(agent.maintainService('nobody', true, ''));
});

test('a file replaces its own services and no others', () => {
  const { catalog, agent } = start();
  agent.registerService(readService({ Name: 'api' }), 'api');
  agent.replaceFile([readService({ Name: 'one' }), readService({ Name: 'two' })]);
  const one = catalog.service('one');
  agent.replaceFile([readService({ Name: 'one' }), readService({ Name: 'three' })]);
  const ids = catalog.services().map(({ service }) => service.id);
  assert.equal(ids.sort(), ['api', 'one', 'three']);
  assert.is(catalog.service('one'), one);
});

test('a TTL of a hundred days runs a hundred days, one of no time that can be told is refused', () => {
  const { clock, catalog, agent } = start();
  const day = 86_400_000;
  agent.registerService(web({ TTL: '2400h', Status: 'passing' }), 'api');
  clock.advance(100 * day - 1);
  assert.is(catalog.check('service:web1')?.status, 'passing');
  clock.advance(1);
  assert.is(catalog.check('service:web1')?.status, 'critical');
  agent.close();
  assert.is(clock.timers, 0);
  assert.throws(() => web({ TTL: 1e21 }), /cannot unmarshal number 1e\+21 into field TTL/);
  assert.throws(() => web({ TTL: '9999999999h' }), /invalid duration/);
});

test('an alias check is what the other service is', () => {
  const { catalog, agent } = start();
  agent.registerService(web({ TTL: '1h', Status: 'passing' }), 'api');
  agent.registerService(readService({ Name: 'front', Check: { AliasService: 'web1' } }), 'api');
  const alias = () => catalog.check('service:front')?.status;
  assert.is(alias(), 'passing');
  agent.report('service:web1', 'warning', 'slow');
  assert.is(alias(), 'warning');
  assert.is(catalog.check('service:front')?.output, 'slow');
  agent.deregisterService('web1');
  assert.is(alias(), 'critical');
  assert.match(catalog.check('service:front')?.output ?? '', /could not be found/);
});

test('scripts are refused, and so are checks of two kinds', () => {
  const wrong = (check: object) => () => web(check);
  assert.throws(wrong({ Args: ['true'], Interval: '1s' }), /Scripts are disabled/);
  assert.throws(wrong({ TCP: 'a:1', GRPC: 'a:1', Interval: '1s' }), /TCP and GRPC cannot both/);
  assert.throws(wrong({ GRPC: 'a', Interval: '1s' }), /'a' is not of the form/);
  assert.throws(wrong({ UDP: 'a:1', Interval: '1s' }), /only TTL, HTTP, TCP, gRPC and alias/);
});

test.run();
