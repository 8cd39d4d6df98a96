import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generate } from 'selfsigned';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { BootstrapView } from '../../../compiler/check/bootstrap-view.js';
import type { Machine } from '../../../compiler/check/machine.js';
import { localMachine } from '../../../compiler/check/machine.js';
import { lintBootstrap } from '../../../compiler/lint/lint-bootstrap.js';

const year = 365 * 86_400_000;

async function pem(notBeforeDate: Date, notAfterDate: Date): Promise<string> {
  const made = await generate([{ name: 'commonName', value: 'a.example' }], {
    keyType: 'ec',
    notBeforeDate,
    notAfterDate,
  });
  return made.cert;
}

const good = await pem(new Date(), new Date(Date.now() + year));
const old = await pem(new Date('2020-01-01T00:00:00Z'), new Date('2021-01-01T00:00:00Z'));

function findings(chain: object, ca: object, machine?: Machine): string[] {
  const transport_socket = {
    name: 'tls',
    typed_config: {
      '@type': 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext',
      common_tls_context: {
        tls_certificates: [{ certificate_chain: chain, private_key: { inline_string: '' } }],
        validation_context: { trusted_ca: ca },
      },
    },
  };
  const bootstrap = { static_resources: { listeners: [{ filter_chains: [{ transport_socket }] }] } };
  const options = machine === undefined ? {} : { machine };
  return lintBootstrap(new BootstrapView(bootstrap, options))
    .filter(({ code }) => code === 'expired-certificate')
    .map(({ message, path }) => `${path.at(-1)}: ${message}`);
}

test('certificates and authorities that have expired, in the configuration or in files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-test-'));
  try {
    const filename = join(folder, 'old.pem');
    writeFileSync(filename, old);
    const machine = localMachine(folder, {});
    // Nothing outside of the configuration is looked at unasked.
    assert.equal(findings({ inline_string: good }, { filename }), []);
    assert.equal(findings({ inline_string: old }, { filename: 'old.pem' }, machine), [
      'certificate_chain: the certificate has expired on 2021-01-01',
      'trusted_ca: the certificate has expired on 2021-01-01',
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('what ends soon is told with the files of a machine', async () => {
  const soon = await pem(new Date(), new Date(Date.now() + 10 * 86_400_000));
  assert.equal(findings({ inline_string: soon }, { inline_string: good }), []);
  const [found, ...others] = findings(
    { inline_string: soon },
    { inline_string: good },
    localMachine('/', {}),
  );
  assert.match(found ?? '', /^certificate_chain: the certificate expires on \d{4}-/);
  assert.equal(others, []);
});

test('nothing is said of what holds, or is not here', () => {
  const bytes = Buffer.from(good).toString('base64');
  assert.equal(findings({ inline_bytes: bytes }, { filename: '/nowhere/ca.pem' }), []);
  assert.equal(findings({ inline_string: 'no certificate' }, { environment_variable: 'CA' }), []);
});

test.run();
