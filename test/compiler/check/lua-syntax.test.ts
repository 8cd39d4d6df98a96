/** Programs and texts that are none; each was answered so by Envoy 1.40. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { luaError } from '../../../compiler/check/lua-syntax.js';
import { bootstrap, httpFilter, listener, refused, router } from './bootstraps.js';

const programs = [
  '',
  '-- nothing',
  '--[[ long\n]] local a = 1',
  'local a, b = 1, "x"; a, b = b, a',
  'function envoy_on_request(handle)\n  handle:logInfo("a" .. 1 .. \'b\')\nend',
  'local function f(...) local a = { ... }; return #a, not a, -#a end',
  'for i = 1, 10, 2 do break end for k, v in pairs({}) do print = v end',
  'while false do end repeat local x = 1 until x',
  'if a then elseif b then else end',
  'local t = { 1, [2] = 3, a = 4; b = { }, }',
  'local s = [==[ ]] ]==] local u = "\\x41\\z\n  b\\u{48}"',
  'goto done; local x = 1 ::done::',
  'local n = { 0x10, 1e5, .5, 3., 0xA.8p1, 1LL, 2ULL }',
  'local f = function() return end',
  'function g() local a = f"x"{ }(1):g "y".z[1] end',
  'local b = 0b101',
  'local a = 1 < 2 and 3 ~= 4 or 5 % 6 ^ 7',
  'local goto_x = 1; local x = goto_x',
  'do return end',
  'local a = ("x"):rep(3)',
];

const none = [
  'function x(',
  'x =',
  'null',
  'local 1 = 2',
  'if a then',
  'end',
  'for i in do end',
  'a + b',
  'x = "a',
  'x = [[a',
  'return 1 local x',
  'f() = 1',
  'local a = { 1 2 }',
  'x = 1 ! 2',
  'local a = 12abc',
  'function f() return',
  'a.b.c',
  'local function 1() end',
  'x = y z = ',
  'if x = 1 then end',
  'local a = @',
];

for (const text of programs)
  test(`a program: ${text.slice(0, 40)}`, () => assert.is(luaError(text), undefined));
for (const text of none) test(`none: ${text}`, () => assert.ok(luaError(text) !== undefined));

test('the line is told', () => {
  assert.is(luaError('local a = 1\nlocal b = [[\n]]\nx =')?.line, 4);
});

test('programs of the filter, by name, and per route', () => {
  const filter = (config: Record<string, unknown>) =>
    bootstrap([listener({ http_filters: [httpFilter('lua.v3.Lua', config), router] })]);
  refused(filter({ default_source_code: { inline_string: 'x =' } }), 'E3031', 'inline_string');
  refused(filter({ source_codes: { a: { inline_string: 'end' } } }), 'E3031', 'a.inline_string');
});

test.run();
