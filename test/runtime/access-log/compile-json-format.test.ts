import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileJsonFormat, jsonText } from '../../../runtime/access-log/compile-json-format.js';
import { streamInfoOf } from '../../support/stream-info.js';

const info = streamInfoOf({
  requestHeaders: ['user-agent', '"q\\u\tx', 'bin', '\xc3\xa9\xe2\x80\xa8<>&/', 'bad', '"q\\u\tx\x80\xff'],
  routeName: '',
});

function line(format: object, omitEmpty = false): string {
  return compileJsonFormat(format, { omitEmpty })(info);
}

const format = {
  b: '%RESPONSE_CODE%',
  a: '%PROTOCOL%',
  Z: '%ROUTE_NAME%',
  mixed: 'x%ROUTE_NAME%y%RESPONSE_CODE%',
  list: ['a', '%BYTES_SENT%', 2, null, '%ROUTE_NAME%'],
  nested: { z: '%DURATION%', a: { b: true } },
  plain: 'lit',
  number: 1.5,
  nothing: null,
  empty: '',
};

test('sorted keys, numbers as numbers, null for what is absent, one line', () => {
  assert.is(
    line(format),
    '{"Z":null,"a":"HTTP/1.1","b":200,"empty":"","list":["a",2,2,null,null],"mixed":"x-y200",' +
      '"nested":{"a":{"b":true},"z":7},"nothing":null,"number":1.5,"plain":"lit"}\n',
  );
});

test('omit_empty_values leaves out members and items', () => {
  assert.is(
    line(format, true),
    '{"a":"HTTP/1.1","b":200,"empty":"","list":["a",2,2],"mixed":"xy200","nested":{"a":{"b":true},"z":7},' +
      '"number":1.5,"plain":"lit"}\n',
  );
  assert.is(line({ a: '%ROUTE_NAME%', b: '%ROUTE_NAME%' }, true), '{}\n');
});

test('octets: UTF-8 stays, what is none is escaped octet by octet', () => {
  assert.is(line({ a: '%REQ(user-agent)%' }), '{"a":"\\"q\\\\u\\tx"}\n');
  assert.is(line({ é: 'é%REQ(bin)%' }), '{"\xc3\xa9":"\xc3\xa9\xc3\xa9\xe2\x80\xa8<>&/"}\n');
  assert.is(line({ a: '%REQ(bad)%' }), '{"a":"\\u0022q\\u005cu\\u0009x\\u0080\\u00ff"}\n');
});

test('any octets come out as one line of JSON in UTF-8', () => {
  const octets = fc.string({
    unit: fc.integer({ min: 0, max: 255 }).map((octet) => String.fromCharCode(octet)),
  });
  fc.assert(
    fc.property(octets, (text) => {
      const json = jsonText(text);
      assert.not(json.includes('\n'));
      const read: unknown = JSON.parse(
        new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(json, 'latin1')),
      );
      assert.type(read, 'string');
    }),
  );
});

test('a bad format is told with its path', () => {
  assert.throws(
    () => line({ a: ['x', { b: '%NOPE%' }] }),
    (error: { path: unknown[]; message: string }) =>
      error.path.join('.') === 'a.1.b' && error.message === 'Not supported field in StreamInfo: NOPE',
  );
});

test.run();
