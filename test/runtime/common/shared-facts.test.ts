import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { Fact } from '../../../runtime/common/shared-facts.js';
import { clusterOfFact, factKey, ReplicatedFacts } from '../../../runtime/common/shared-facts.js';

test('a fact is told to the others once, and followed there', () => {
  const heard: (Fact | undefined)[] = [];
  const follower = new ReplicatedFacts(true, () => assert.unreachable());
  let told = 0;
  const primary = new ReplicatedFacts(false, (key, fact) => {
    told++;
    follower.receive(key, fact);
  });
  const end = follower.follow('a', (fact) => heard.push(fact));
  primary.set('a', ['1', '2']);
  primary.set('a', ['1', '2']);
  primary.set('a', undefined);
  assert.is(told, 2);
  assert.equal(heard, [['1', '2'], undefined]);
  end();
  primary.set('a', 3);
  assert.is(heard.length, 2);
  assert.is(follower.get('a'), 3);
  assert.equal([...follower.entries()], [['a', 3]]);
});

test('facts of clusters that are gone are forgotten', () => {
  const facts = new ReplicatedFacts(false, () => undefined);
  facts.set(factKey('health', 'a b', 'x'), 1);
  facts.set(factKey('health', 'c', 'x'), 1);
  facts.forget((key) => clusterOfFact(key) !== 'a b');
  assert.equal(
    [...facts.entries()].map(([key]) => clusterOfFact(key)),
    ['a b'],
  );
});

test.run();
