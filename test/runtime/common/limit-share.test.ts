import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { shareOfLimit } from '../../../runtime/common/limit-share.js';

test('shares add up to the limit, or to one each', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 64 }), (limit, workers) => {
      let sum = 0;
      for (let index = 0; index < workers; index++) sum += shareOfLimit(index, workers)(limit);
      assert.is(sum, Math.max(limit, workers));
    }),
  );
});

test('nothing stays nothing, and no limit no limit', () => {
  assert.is(shareOfLimit(0, 4)(0), 0);
  assert.is(shareOfLimit(0, 4)(Number.POSITIVE_INFINITY), Number.POSITIVE_INFINITY);
});

test.run();
