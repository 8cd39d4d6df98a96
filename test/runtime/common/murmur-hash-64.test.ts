import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { murmurHash64 } from '../../../runtime/common/murmur-hash-64.js';

// What `std::hash<std::string>` of libstdc++ gives.
test('values of the C++ library, for every length of the rest', () => {
  assert.is(murmurHash64(''), 6142509188972423790n);
  assert.is(murmurHash64('hello'), 2762169579135187400n);
});

test('every octet counts', () => {
  const texts = ['', 'a', 'b', 'aa', 'ab', 'abcdefg', 'abcdefgh', 'abcdefghi', 'abcdefgh\0', '\0', '\xff'];
  assert.is(new Set(texts.map(murmurHash64)).size, texts.length);
});

test.run();
