import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileStrictCheck } from '../../../../../runtime/filters/http/router/strict-headers.js';

const names = ['x-envoy-max-retries', 'x-envoy-retry-on', 'x-envoy-retry-grpc-on'];

test('nothing is checked by default', () => {
  assert.is(compileStrictCheck({}), undefined);
});

test('numbers, and lists of known words', () => {
  const check = compileStrictCheck({ strict_check_headers: names });
  const cases: readonly (readonly [name: string, value: string, right: boolean])[] = [
    ['x-envoy-max-retries', '3', true],
    ['x-envoy-max-retries', 'three', false],
    ['x-envoy-max-retries', '', false],
    ['x-envoy-retry-on', '5xx, reset', true],
    ['x-envoy-retry-on', '5xx,unavailable', false],
    ['x-envoy-retry-grpc-on', 'unavailable', true],
    ['x-envoy-retry-grpc-on', '5xx', false],
    ['x-other', 'anything', true],
  ];
  for (const [name, value, right] of cases) {
    assert.is(check?.([name, value]), right ? undefined : name, `${name}: ${value}`);
  }
  assert.is(check?.([]), undefined);
});

test.run();
