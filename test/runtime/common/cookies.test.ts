import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { cookieValue } from '../../../runtime/common/cookies.js';

const cases: readonly (readonly [what: string, headers: readonly string[], expected: string])[] = [
  ['alone', ['cookie', 'sess=1'], '1'],
  ['among others', ['cookie', 'a=b; sess=2; c=d'], '2'],
  ['of two the first', ['cookie', 'sess=3; sess=4'], '3'],
  ['in a later header', ['cookie', 'a=b', 'x', 'sess=0', 'cookie', 'sess=5'], '5'],
  ['quoted', ['cookie', 'sess="6"'], '6'],
  ['one quote is none', ['cookie', 'sess="'], '"'],
  ['with an equals sign', ['cookie', 'sess=a=b'], 'a=b'],
  ['absent', ['cookie', 'sess2=1; xsess=2'], ''],
  ['another case', ['cookie', 'SESS=1'], ''],
  ['without a value', ['cookie', 'sess'], ''],
  ['no cookie at all', [], ''],
];

for (const [what, headers, expected] of cases) {
  test(what, () => assert.is(cookieValue(headers, 'sess'), expected));
}

test.run();
