import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { MersenneTwister } from '../../../../runtime/upstream/load-balancing/mersenne-twister.js';

test('the ten thousandth number of the default seed is that of the C++ standard', () => {
  const random = new MersenneTwister(5489);
  for (let drawn = 1; drawn < 10_000; drawn++) random.next();
  assert.is(random.next(), 4123659995);
});

test('numbers below an end are below it, and reach all of them', () => {
  const random = new MersenneTwister(7);
  const seen = new Set(Array.from({ length: 500 }, () => random.below(7)));
  assert.equal([...seen].sort(), [0, 1, 2, 3, 4, 5, 6]);
  assert.is(new MersenneTwister(7).below(1), 0);
});

test.run();
