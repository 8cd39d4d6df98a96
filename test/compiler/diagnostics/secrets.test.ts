/** What the API marks as sensitive is in no message and in no code frame. */
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { FormatName } from '../../../compiler/index.js';
import { checkText, compile, formatDiagnostics, formatNames } from '../../../compiler/index.js';
import { withFolder } from '../../support/temporary-folder.js';

const secret = 'hunter2-and-more';
const key = '-----BEGIN PRIVATE KEY-----\\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49\\n-----END PRIVATE KEY-----';

async function everywhere(diagnostics: ReturnType<typeof checkText>, cwd: string): Promise<string> {
  const texts = formatNames.map((format: FormatName) =>
    formatDiagnostics(format, diagnostics, { color: false, cwd, version: '1' }),
  );
  return (await Promise.all(texts)).join('\n');
}

const samples: Readonly<Record<string, string>> = {
  'a generic secret that is not used': `static_resources:
  secrets:
  - name: web
    generic_secret: { secret: { inline_string: ${secret} } }
`,
  'a key that does not fit': `static_resources:
  secrets:
  - name: web
    tls_certificate:
      certificate_chain: { inline_string: nothing }
      private_key: { inline_string: "${key}" }
`,
  'a secret of the wrong kind': `static_resources:
  secrets:
  - name: web
    generic_secret: { secret: ${secret} }
`,
  'a password beside a misspelt field': `static_resources:
  secrets:
  - name: web
    tls_certificate:
      passwrd: { inline_string: x }
      password: { inline_string: ${secret} }
`,
};

for (const [name, text] of Object.entries(samples)) {
  test(name, () =>
    withFolder({ 'f.yaml': text }, async (cwd) => {
      const diagnostics = checkText(text, { file: 'f.yaml' });
      assert.ok(diagnostics.length > 0);
      const printed = await everywhere(diagnostics, cwd);
      assert.not.ok(printed.includes(secret), printed);
      assert.not.ok(printed.includes('MIGHAgEAMBMGByqGSM49AgEGCCqGSM49'), printed);
    }),
  );
}

test('in TypeScript as well', () =>
  withFolder(
    {
      'a.ts': `export default { static_resources: { secrets: [
  { name: 'web', generic_secret: { secret: { inline_string: '${secret}' } } },
] } };
`,
    },
    async (cwd) => {
      const { diagnostics } = await compile({ entry: 'a.ts', cwd, env: {} });
      const printed = await everywhere([...diagnostics], cwd);
      assert.match(printed, 'no-inline-private-key');
      assert.match(printed, `${join('a.ts')}:2:`);
      assert.not.ok(printed.includes(secret), printed);
    },
  ));

test.run();
