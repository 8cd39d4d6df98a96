/** What is quoted means itself again in the language it is quoted for. */
import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parse } from 'yaml';
import * as quote from '../../../cli/deploy/quote.js';
import { hostileTexts } from './example-configuration.js';

const line = fc.stringMatching(/^[\x20-\x7eäß{}%$<>'"\\#]{0,30}$/);

test('yaml: what a reader of YAML reads is the text', () => {
  fc.assert(fc.property(line, (text) => assert.is(parse(quote.yaml(text)), text)));
  for (const word of [
    'yes',
    'No',
    'on',
    'null',
    '~',
    '1',
    '1e3',
    '0x1f',
    '2026-01-01',
    '',
    'y',
    '- a',
    'a: b',
  ]) {
    assert.is(parse(`a: ${quote.yaml(word)}`, { version: '1.1' }).a, word);
  }
});

test('sh: one word of a shell', () => {
  for (const text of [...hostileTexts, "'", '', 'a b', '-n']) {
    assert.is(execFileSync('/bin/sh', ['-c', `printf %s ${quote.sh(text)}`], { encoding: 'utf8' }), text);
  }
});

test('jinja: no opening is left', () => {
  assert.is(quote.jinja('a {{ b }} {% c %} {# d #}'), "a {{ '{{' }} b }} {{ '{%' }} c %} {{ '{#' }} d #}");
});

test('ruby and puppet: no interpolation', () => {
  assert.is(quote.ruby("#{a} 'b' \\"), "'#{a} \\'b\\' \\\\'");
  assert.is(quote.puppet('$a'), "'$a'");
});

test('systemd: specifiers, words and variables', () => {
  assert.is(quote.systemd('/a b/%i'), '"/a b/%%i"');
  assert.is(quote.systemd_exec('$A'), '"$$A"');
  assert.is(quote.systemd_line('100 % of $A'), '100 %% of $A');
});

test('compose: a dollar is doubled', () => assert.is(quote.compose('a$B'), '"a$$B"'));

test('logrotate: no pattern is left', () => assert.is(quote.logrotate('/a b/*.log'), '"/a b/\\*.log"'));

test.run();
