import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { chainErrorText, VerifyError } from '../../../../runtime/network/tls/verify-error.js';
import { transportFailure } from '../../../../runtime/upstream/connection-pool/transport-failure.js';
import type { UpstreamAddress } from '../../../../runtime/upstream/host/host.js';

const ip: UpstreamAddress = { kind: 'ip', ip: '10.0.0.1', port: 80 };
const pipe: UpstreamAddress = { kind: 'pipe', path: '/run/a.sock' };
const verifyCodes = new Set(['DEPTH_ZERO_SELF_SIGNED_CERT', 'UNABLE_TO_GET_ISSUER_CERT_LOCALLY']);
const error = (code: string): NodeJS.ErrnoException =>
  verifyCodes.has(code)
    ? new VerifyError('failVerifyError', chainErrorText(code, 1) ?? '')
    : Object.assign(new Error(code), { code });

/** Recorded from Envoy 1.40 but for the last four, which follow the same form. */
const cases: readonly [string | undefined, UpstreamAddress, boolean, string][] = [
  ['ECONNREFUSED', ip, false, 'delayed_connect_error:_Connection_refused'],
  ['ENOENT', pipe, false, 'immediate_connect_error:_No_such_file_or_directory|remote_address:/run/a.sock'],
  [
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    ip,
    true,
    'TLS_error:|268435581:SSL_routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:verify_cert_failed:_X509_verify_cert:_certificate_verification_error_at_depth_0:_self_signed_certificate:TLS_error_end',
  ],
  [
    'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
    ip,
    true,
    'TLS_error:|268435581:SSL_routines:OPENSSL_internal:CERTIFICATE_VERIFY_FAILED:verify_cert_failed:_X509_verify_cert:_certificate_verification_error_at_depth_1:_unable_to_get_local_issuer_certificate:TLS_error_end',
  ],
  [
    'ERR_SSL_KEY_USAGE_BIT_INCORRECT',
    ip,
    true,
    'TLS_error:|268435758:SSL_routines:OPENSSL_internal:KEY_USAGE_BIT_INCORRECT:TLS_error_end',
  ],
  [
    'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
    ip,
    true,
    'TLS_error:|268436504:SSL_routines:OPENSSL_internal:TLSV1_ALERT_UNKNOWN_CA:TLS_error_end',
  ],
  ['ENETUNREACH', ip, false, 'immediate_connect_error:_Network_is_unreachable|remote_address:10.0.0.1:80'],
  ['ECONNRESET', ip, true, ''],
  ['ESOMETHING', ip, false, ''],
  [undefined, ip, false, ''],
];

for (const [code, address, connected, expected] of cases) {
  test(`${code} ${address.kind} ${connected ? 'in the handshake' : 'while connecting'}`, () => {
    const text = transportFailure(code === undefined ? undefined : error(code), address, connected);
    assert.is(text, expected);
  });
}

test.run();
