import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  bucketBounds,
  cumulativeCounts,
  disjointCounts,
  LogHistogram,
  quantilesOf,
  sumOf,
} from '../../../runtime/stats/histogram.js';

function histogramOf(...values: readonly number[]): LogHistogram {
  const histogram = new LogHistogram('h');
  for (const value of values) histogram.record(value);
  return histogram;
}

test('buckets are of two significant digits', () => {
  const { buckets, count } = histogramOf(0, 1, 9, 10, 17, 17, 104, 109, 110, 1234).cumulative();
  assert.is(count, 10);
  assert.equal(
    buckets.map(({ lowerBound, width, count }) => [Math.round(lowerBound), width, count]),
    [
      [0, 0, 1],
      [1, 0.1, 1],
      [9, 0.1, 1],
      [10, 1, 1],
      [17, 1, 2],
      [100, 10, 2],
      [110, 10, 1],
      [1200, 100, 1],
    ],
  );
});

test('quantiles are those that Envoy prints for the same values', () => {
  // Recorded on Envoy 1.40: twelve zeros, a 1 and a 2.
  const web = histogramOf(...new Array<number>(12).fill(0), 1, 2);
  assert.equal(quantilesOf(web.cumulative()), [0, 0, 0, 0, 1.05, 2.05, 2.05, 2.05, 2.05, 2.05]);
  // Recorded on Envoy 1.40: 4, 8 and 8.
  const third = 8.066666666666666;
  assert.equal(quantilesOf(histogramOf(8, 4, 8).cumulative()), [
    4.05,
    4.05,
    8.033333333333333,
    third,
    third,
    third,
    third,
    third,
    third,
    third,
  ]);
});

test('the rounding of a bound is the one that Envoy shows', () => {
  assert.is(quantilesOf(histogramOf(220).cumulative())[0], 225.00000000000003);
});

test('the sum takes the point of least relative error of each bucket', () => {
  assert.is(sumOf(histogramOf(0, 2).cumulative()), 2.048780487804878);
  assert.is(sumOf(histogramOf(11).cumulative()), 11.478260869565217);
});

test('a bucket counts below a bound when it begins at the bound', () => {
  const snapshot = histogramOf(0, 10, 24, 25, 104).cumulative();
  const at = (bound: number, counts: readonly number[]) => counts[bucketBounds.indexOf(bound)];
  const cumulative = cumulativeCounts(snapshot);
  assert.equal(
    [0.5, 5, 10, 25, 50, 100, 3_600_000].map((bound) => at(bound, cumulative)),
    [1, 1, 2, 4, 4, 5, 5],
  );
  const disjoint = disjointCounts(snapshot);
  assert.equal(
    [0.5, 5, 10, 25, 50, 100].map((bound) => at(bound, disjoint)),
    [1, 0, 1, 2, 0, 1],
  );
});

test('fractions are cut off, and nothing is below zero or lost above', () => {
  const { buckets } = histogramOf(-3, 0.9, 1.9, Number.NaN, 1e300).cumulative();
  assert.equal(
    buckets.map(({ lowerBound, count }) => [lowerBound, count]),
    [
      [0, 3],
      [1, 1],
      [1e18, 1],
    ],
  );
});

test('an interval is what was recorded between two merges', () => {
  const histogram = histogramOf(5, 5);
  assert.is(histogram.interval().count, 2, 'no interval has ended');
  histogram.merge();
  histogram.record(700);
  assert.is(histogram.interval().count, 2);
  assert.is(histogram.cumulative().count, 3);
  histogram.merge();
  assert.equal(
    histogram.interval().buckets.map(({ count }) => count),
    [1],
  );
  histogram.merge();
  assert.is(histogram.interval().count, 0);
  assert.equal(
    quantilesOf(histogram.interval()).filter((value) => !Number.isNaN(value)),
    [],
  );
  assert.is(histogram.cumulative().count, 3);
});

const values = fc.array(fc.oneof(fc.nat(200), fc.nat(10_000_000), fc.maxSafeNat()), {
  minLength: 1,
  maxLength: 60,
});

test('every value is in the bucket that its quantile names', () => {
  fc.assert(
    fc.property(values, (recorded) => {
      const histogram = histogramOf(...recorded);
      const snapshot = histogram.cumulative();
      const sorted = [...recorded].sort((a, b) => a - b);
      let rank = 0;
      for (const { lowerBound, width, count } of snapshot.buckets) {
        for (const value of sorted.slice(rank, rank + count)) {
          const slack = lowerBound * 1e-12;
          assert.ok(
            value >= lowerBound - slack && value <= lowerBound + width + slack,
            `${value} in ${lowerBound}`,
          );
        }
        rank += count;
      }
      assert.is(rank, recorded.length);
    }),
  );
});

test('quantiles rise, and the sum is within a tenth', () => {
  fc.assert(
    fc.property(values, (recorded) => {
      const snapshot = histogramOf(...recorded).cumulative();
      const quantiles = quantilesOf(snapshot);
      for (let at = 1; at < quantiles.length; at++) {
        assert.ok((quantiles[at] as number) >= (quantiles[at - 1] as number));
      }
      const sum = recorded.reduce((total, value) => total + value, 0);
      assert.ok(Math.abs(sumOf(snapshot) - sum) <= sum * 0.1);
    }),
  );
});

test('merging at any time changes no total', () => {
  fc.assert(
    fc.property(values, values, (before, after) => {
      const merged = histogramOf(...before);
      merged.merge();
      for (const value of after) merged.record(value);
      assert.equal(merged.cumulative(), histogramOf(...before, ...after).cumulative());
      assert.equal(merged.interval(), histogramOf(...before).interval());
    }),
  );
});

test.run();
