import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { namedPath } from '../../compiler/named-path.js';

test('names of resources take the place of indexes', () => {
  const bootstrap = {
    static_resources: { clusters: [{ name: 'a.b', health_checks: [{ timeout: '1s' }] }, {}] },
  };
  const path = ['static_resources', 'clusters', 0, 'health_checks', 0, 'timeout'];
  assert.is(namedPath(bootstrap, path), 'static_resources.clusters["a.b"].health_checks[0].timeout');
  assert.is(namedPath(bootstrap, ['static_resources', 'clusters', 1]), 'static_resources.clusters[1]');
  assert.is(namedPath(bootstrap, ['nope', 0, 'x']), 'nope[0].x');
  assert.is(namedPath(bootstrap, []), '');
});

test.run();
