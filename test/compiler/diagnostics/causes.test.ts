import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mergeSites } from '../../../compiler/diagnostics/causes.js';
import type { Diagnostic } from '../../../compiler/index.js';
import { compile, formatText } from '../../../compiler/index.js';
import { withFolder } from '../../support/temporary-folder.js';

test('what one line made four hundred times is one cause', () =>
  withFolder(
    {
      'a.ts': `const names = Array.from({ length: 400 }, (_, index) => \`c\${index}\`);
const clusters = names.map((name) => ({
  name,
  type: 'STRICT_DNS' as const,
}));
export default { static_resources: { clusters } };
`,
    },
    async (cwd) => {
      const { diagnostics } = await compile({ entry: 'a.ts', cwd, env: {} });
      assert.is(diagnostics.length, 1);
      assert.is(diagnostics[0]?.sites?.length, 399);
      const text = formatText(diagnostics, { color: false, cwd });
      assert.match(
        text,
        'and in static_resources.clusters["c1"], static_resources.clusters["c2"], static_resources.clusters["c3"] and 396 more places',
      );
      assert.match(text, /\n1 warning at 400 places\n$/);
    },
  ));

test('the same words at several places are shown once', () => {
  const at = (line: number): Diagnostic => ({
    severity: 'error',
    code: 'E3003',
    message: "there is no static cluster 'web'",
    location: { file: 'f.yaml', line, column: 1 },
  });
  const text = formatText([at(1), at(5), at(9), at(12), at(20)], { color: false, cwd: '/nowhere' });
  assert.equal(text.split('\n'), [
    "error E3003: there is no static cluster 'web'",
    '  at f.yaml:1:1',
    '  and at f.yaml:5:1, f.yaml:9:1, f.yaml:12:1 and 1 more place',
    '',
    '1 error at 5 places',
    '',
  ]);
});

test('different things at one place stay apart', () => {
  const location = { file: 'f', line: 1, column: 1 };
  const one = { severity: 'error' as const, code: 'E1', message: 'a', location, path: 'x' };
  assert.is(mergeSites([one, { ...one, message: 'b' }]).length, 2);
  assert.is(mergeSites([one, { ...one, code: 'E2' }]).length, 2);
  assert.is(mergeSites([one, one]).length, 1);
  assert.equal(mergeSites([one, { ...one, path: 'y' }])[0]?.sites, ['y']);
});

test.run();
