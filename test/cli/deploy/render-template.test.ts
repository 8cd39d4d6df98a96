/** Strictness: what nobody gave is an error wherever it is asked for. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { renderTemplate } from '../../../cli/deploy/render-template.js';
import { MissingValue } from '../../../cli/deploy/strict-context.js';

test('a missing value is an error, in every place', () => {
  for (const template of [
    '{{a}}',
    '{{yaml a}}',
    '{{yaml (jinja a)}}',
    '{{#if a}}x{{/if}}',
    '{{#unless a}}x{{/unless}}',
    '{{#each a}}x{{/each}}',
    '{{concat "x" a}}',
    '{{b.a}}',
    '{{#each c}}{{a}}{{/each}}',
    '{{constructor}}',
  ]) {
    assert.throws(
      () => renderTemplate(template, { b: {}, c: [{}] }),
      (error: Error) => error instanceof MissingValue,
      template,
    );
  }
});

test('an unknown helper and a list in the place of a text are errors', () => {
  assert.throws(() => renderTemplate('{{shout a}}', { a: '1' }), /unknown helper/);
  assert.throws(() => renderTemplate('{{yaml a}}', { a: ['1'] }), /'yaml' got object/);
});

test('values are put in as they are, and are no templates', () => {
  assert.is(renderTemplate('{{a}}', { a: '<{{b}}> & "\'' }), '<{{b}}> & "\'');
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is an expression of GitHub
  assert.is(renderTemplate("\\{{ x }} {{a}} $\\{{ y('z') }}", { a: 1 }), "{{ x }} 1 ${{ y('z') }}");
  assert.is(
    renderTemplate('{{#each c}}{{n}}{{#unless @last}},{{/unless}}{{/each}}', { c: [{ n: 1 }, { n: 2 }] }),
    '1,2',
  );
});

test.run();
