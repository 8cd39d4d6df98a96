import { generateKeyPairSync } from 'node:crypto';
import { generate } from 'selfsigned';
import { test } from 'uvu';
import type { Fields } from './bootstraps.js';
import { accepted, bootstrap, cluster, listener, refused, url } from './bootstraps.js';
const tls = 'envoy.extensions.transport_sockets.tls.v3.';

function socket(side: string, common_tls_context: Fields) {
  return {
    transport_socket: {
      name: 't',
      typed_config: { '@type': url(`${tls}${side}TlsContext`), common_tls_context },
    },
  };
}

const server = (common: Fields) => bootstrap([listener({}, socket('Downstream', common))]);

const client = (common: Fields) => bootstrap([], [cluster('a', socket('Upstream', common))]);

const file = (filename: string) => ({ filename });

const text = (inline_string: string) => ({ inline_string });
const inFiles = { certificate_chain: file('chain.pem'), private_key: file('key.pem') };

test('a server has a certificate with its key', () => {
  accepted(server({ tls_certificates: [inFiles] }));
  refused(server({ alpn_protocols: ['h2'] }), 'E3019', 'typed_config');
  refused(
    server({ tls_certificates: [{ certificate_chain: file('c.pem') }] }),
    'E3019',
    'tls_certificates.0',
  );
  refused(server({ tls_certificates: [{ private_key: file('k.pem') }] }), 'E3019', 'tls_certificates.0');
});

test('a client has one at most', () => {
  accepted(client({}));
  accepted(client({ tls_certificates: [inFiles] }));
  refused(client({ tls_certificates: [inFiles, inFiles] }), 'E3019', 'tls_certificates');
});

test('static secrets exist and are of the right kind', () => {
  const secret = { tls_certificate_sds_secret_configs: [{ name: 's' }] };
  const value = server(secret);
  refused(value, 'E3019', 'name');
  const resources = value.static_resources as Fields;
  const having = (one: Fields) => ({ static_resources: { ...resources, secrets: [{ name: 's', ...one }] } });
  accepted(having({ tls_certificate: inFiles }));
  refused(having({ validation_context: {} }), 'E3019', 'name');
});

test('names are checked against an authority', () => {
  const names = { match_typed_subject_alt_names: [{ san_type: 'DNS', matcher: { exact: 'a' } }] };
  refused(client({ validation_context: names }), 'E3019', 'validation_context');
  accepted(client({ validation_context: { ...names, trusted_ca: file('ca.pem') } }));
});

test('certificates and keys in the text are such, and belong together', async () => {
  const { cert, private: key } = await generate([{ name: 'commonName', value: 'a' }], { keySize: 2048 });
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    type: 'pkcs8',
    format: 'pem',
  });
  const pair = (chain: string, own: string) =>
    server({ tls_certificates: [{ certificate_chain: text(chain), private_key: text(own) }] });
  accepted(pair(cert, key));
  refused(pair('x', key), 'E3019', 'certificate_chain');
  refused(pair(cert, 'x'), 'E3019', 'private_key');
  refused(pair(cert, String(other)), 'E3019', 'private_key');
  accepted(client({ validation_context: { trusted_ca: text(cert) } }));
  refused(client({ validation_context: { trusted_ca: text('x') } }), 'E3019', 'trusted_ca');
});

test('lengths of tickets and protocol names', () => {
  refused(
    server({ tls_certificates: [inFiles], alpn_protocols: ['a'.repeat(256)] }),
    'E3019',
    'alpn_protocols.0',
  );
  const keys = (bytes: number) => ({
    static_resources: { secrets: [{ name: 's', session_ticket_keys: { keys: [text('x'.repeat(bytes))] } }] },
  });
  accepted(keys(80));
  refused(keys(79), 'E3019', 'keys.0');
});

test.run();
