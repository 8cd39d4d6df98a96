/** What a log tells of the certificates of a connection, and of octets. */
import { X509Certificate } from 'node:crypto';
import { generate } from 'selfsigned';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileFormat } from '../../../runtime/access-log/formatter.js';
import { readCertificateFacts } from '../../../runtime/network/tls/certificate-facts.js';
import { streamInfoOf } from '../../support/stream-info.js';

const log = (format: string, info: Parameters<typeof streamInfoOf>[0] = {}): string =>
  compileFormat(format)(streamInfoOf(info));

async function certificate(): Promise<Buffer> {
  const { cert } = await generate(
    [
      { name: 'countryName', value: 'DE' },
      { name: 'commonName', value: 'joe' },
    ],
    {
      keySize: 2048,
      extensions: [
        {
          name: 'subjectAltName',
          altNames: [
            { type: 6, value: 'spiffe://a/b' },
            { type: 2, value: 'x.example' },
            { type: 2, value: 'y.example' },
            { type: 7, ip: '10.0.0.1' },
          ],
        },
      ] as never,
    },
  );
  return Buffer.from(cert.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
}

test('the certificate of the client', async () => {
  const peerCertificate = await certificate();
  const parsed = new X509Certificate(peerCertificate);
  const downstreamTls = {
    version: 'TLSv1.3',
    cipher: 'TLS_AES_128_GCM_SHA256',
    sessionId: '',
    group: '',
    serverName: '',
    local: undefined,
    peerChain: [readCertificateFacts(peerCertificate)],
    issuer: undefined,
  };
  const of = (command: string): string => log(`%DOWNSTREAM_${command}%`, { downstreamTls });
  assert.is(of('TLS_VERSION'), 'TLSv1.3');
  assert.is(of('TLS_CIPHER'), 'TLS_AES_128_GCM_SHA256');
  assert.is(of('PEER_SUBJECT'), 'CN=joe,C=DE');
  assert.is(of('PEER_SERIAL'), parsed.serialNumber.toLowerCase());
  assert.match(of('PEER_FINGERPRINT_256'), /^[0-9a-f]{64}$/);
  assert.match(of('PEER_FINGERPRINT_1'), /^[0-9a-f]{40}$/);
  assert.match(of('PEER_CERT'), /^-----BEGIN%20CERTIFICATE-----%0A/);
  assert.is(Date.parse(of('PEER_CERT_V_END')), Date.parse(parsed.validTo));
  assert.is(of('PEER_CERT_V_START(%Y)'), String(new Date(parsed.validFrom).getUTCFullYear()));
  assert.is(of('PEER_URI_SAN'), 'spiffe://a/b');
  assert.is(of('PEER_DNS_SAN'), 'x.example,y.example');
  assert.is(of('PEER_IP_SAN'), '10.0.0.1');
  assert.is(of('LOCAL_SUBJECT'), '-');
});

test('plain connections have none', () => {
  assert.is(log('%DOWNSTREAM_TLS_VERSION% %DOWNSTREAM_PEER_SUBJECT% %DOWNSTREAM_PEER_CERT_V_END%'), '- - -');
});

test('octets of headers: names and values, pseudo headers included', () => {
  // `:method GET :path /a?b=c :scheme http :authority example.com x 1`
  assert.is(
    log('%REQUEST_HEADERS_BYTES%', { requestHeaders: ['host', 'example.com', 'x', '1'] }),
    String(':methodGET:path/a?b=c:schemehttp:authorityexample.comx1'.length),
  );
  assert.is(
    log('%RESPONSE_HEADERS_BYTES%', { responseHeaders: ['x', '12'] }),
    String(':status200x12'.length),
  );
  assert.is(log('%RESPONSE_TRAILERS_BYTES%', { responseTrailers: ['t', '12'] }), '3');
});

test('metadata by its general name; some sources need real Envoy', () => {
  const dynamicMetadata = (filter: string, path: readonly string[]): string => [filter, ...path].join('/');
  assert.is(log('%METADATA(DYNAMIC:n:a:b)%', { dynamicMetadata }), 'n/a/b');
  const configuredMetadata = (source: string, namespace: string, path: readonly string[]): string =>
    [source, namespace, ...path].join('/');
  assert.is(log('%METADATA(ROUTE:n:a)%', { configuredMetadata }), 'route/n/a');
  assert.is(log('%METADATA(CLUSTER:n)%', { configuredMetadata }), 'cluster/n');
  assert.is(log('%UPSTREAM_METADATA(n:a)%', { configuredMetadata }), 'host/n/a');
  assert.is(log('%CLUSTER_METADATA(n:a)%'), '-');
  assert.throws(() => log('%METADATA(LISTENER:n:a)%'), /needs real Envoy/);
  assert.throws(() => log('%METADATA(NOPE:n:a)%'), /NOPE is not supported type of metadata/);
});

test.run();
