import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readOwnPlace } from '../../../runtime/upstream/own-place.js';
import { host, hostSet } from './fixtures.js';

test('nothing is known of a bootstrap that says nothing', () => {
  assert.equal(
    readOwnPlace({}, () => undefined),
    { locality: undefined, cluster: undefined },
  );
});

test('the locality of the node, and the hosts that its cluster has at the moment', () => {
  const clusters = new Map([['mine', hostSet(host('1.1.1.1'))]]);
  const place = readOwnPlace(
    { node: { locality: { region: 'r', zone: 'z' } }, cluster_manager: { local_cluster_name: 'mine' } },
    (name) => clusters.get(name),
  );
  assert.equal(place.locality, { region: 'r', zone: 'z', subZone: '' });
  assert.is(place.cluster?.hostSet, clusters.get('mine'));
  clusters.delete('mine');
  assert.is(place.cluster?.hostSet, undefined);
});

test.run();
