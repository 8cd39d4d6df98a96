import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ConfigError } from '../../../../runtime/network/filter.js';
import type { StaticSecrets } from '../../../../runtime/network/tls/secrets.js';
import {
  certificateSecrets,
  namedFiles,
  secretFiles,
  ticketKeySecret,
  validationSecret,
} from '../../../../runtime/network/tls/secrets.js';
import { inTemporaryFolder } from '../../../support/serve.js';

const secretType = 'type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret';
const certificate = { certificate_chain: { filename: '/a.pem' }, private_key: { filename: '/a.key' } };
const statics: StaticSecrets = [
  { name: 'server', validation_context: { trusted_ca: { filename: '/ca.pem' } } },
  { name: 'server', tls_certificate: certificate },
];

function message(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    return `${(error as ConfigError).path.join('.')}: ${(error as Error).message}`;
  }
  return 'accepted';
}

test('static secrets are found by name and kind', () => {
  const [found] = certificateSecrets(
    { tls_certificate_sds_secret_configs: [{ name: 'server' }] },
    statics,
    [],
  );
  assert.equal(found?.value, certificate);
  assert.equal(secretFiles(found), []);
  const config = { validation_context_sds_secret_config: { name: 'server' } };
  assert.equal(namedFiles(validationSecret(config, statics, []).value), ['/ca.pem']);
  assert.is(
    message(() =>
      ticketKeySecret({ session_ticket_keys_sds_secret_config: { name: 'server' } }, statics, ['here']),
    ),
    'here.session_ticket_keys_sds_secret_config.name: Unknown static secret: server',
  );
});

test('what the context holds itself comes first', () => {
  const common = { tls_certificates: [certificate], tls_certificate_sds_secret_configs: [{ name: 'no' }] };
  assert.equal(
    certificateSecrets(common, [], ['common']).map(({ name, path }) => [name, path.join('.')]),
    [['', 'common.tls_certificates.0']],
  );
});

test('a combined context: the secret goes over the default, lists are joined', () => {
  const config = {
    combined_validation_context: {
      default_validation_context: { trusted_ca: { filename: '/old.pem' }, verify_certificate_hash: ['a'] },
      validation_context_sds_secret_config: { name: 'v' },
    },
  };
  const secret = { trusted_ca: { filename: '/new.pem' }, verify_certificate_hash: ['b'] };
  assert.equal(validationSecret(config, [{ name: 'v', validation_context: secret }], []).value, {
    trusted_ca: { filename: '/new.pem' },
    verify_certificate_hash: ['a', 'b'],
  });
});

test('secrets of a file, and what is wrong with it, with its name', async () => {
  await inTemporaryFolder(async (folder) => {
    const file = join(folder, 'secrets.yaml');
    const config = { name: 's', sds_config: { path_config_source: { path: file } } };
    const read = () => certificateSecrets({ tls_certificate_sds_secret_configs: [config] }, [], ['here']);
    const refused = (text: string): string => {
      writeFileSync(file, text);
      return message(read).replaceAll(folder, '');
    };
    const resources = (...all: object[]): string =>
      JSON.stringify({ resources: all.map((one) => ({ '@type': secretType, ...one })) });
    writeFileSync(file, resources({ name: 'other' }, { name: 's', tls_certificate: certificate }));
    const [found] = read();
    assert.is(found?.file, file);
    assert.is(namedFiles(found?.value).join(), '/a.pem,/a.key');
    const at = 'here.tls_certificate_sds_secret_configs.0.sds_config';
    assert.is(
      refused(resources({ name: 'other', tls_certificate: certificate })),
      `${at}: there is no tls_certificate 's' in /secrets.yaml`,
    );
    assert.match(refused('resources: ['), /: \/secrets\.yaml:\d+:\d+: /);
    assert.match(
      refused(resources({ name: 's', tls_certificat: {} })),
      /: \/secrets\.yaml:1:\d+: .*tls_certificat/,
    );
    assert.match(
      refused(
        resources({
          name: 's',
          tls_certificate: { ...certificate, private_key_provider: { provider_name: 'x' } },
        }),
      ),
      /: \/secrets\.yaml:1:\d+: .*private_key_provider.* needs real Envoy/,
    );
    rmSync(file);
    assert.match(message(read), /paths must refer to an existing path in the system: '.*secrets\.yaml'/);
  });
});

test('secrets that are served by others need real Envoy', () => {
  const config = { name: 's', sds_config: { ads: {} } };
  assert.match(
    message(() => certificateSecrets({ tls_certificate_sds_secret_configs: [config] }, [], [])),
    /need real Envoy/,
  );
});

test.run();
