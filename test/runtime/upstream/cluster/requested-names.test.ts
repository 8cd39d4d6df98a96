/** As measured on Envoy 1.40 (suite tls-parity). */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { RequestHead } from '../../../../runtime/http/codec.js';
import { requestedNames } from '../../../../runtime/upstream/cluster/requested-names.js';

const optionsName = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';
const cluster = (upstream_http_protocol_options: object) => ({
  typed_extension_protocol_options: { [optionsName]: { upstream_http_protocol_options } },
});

function names(options: object, authority: string, headers: string[] = []) {
  return requestedNames(cluster(options))?.({ authority, headers } as unknown as RequestHead);
}

test('nothing is asked for unless the cluster says so', () => {
  assert.is(requestedNames({}), undefined);
  assert.is(requestedNames(cluster({ auto_sni: false })), undefined);
});

test('the host without its port; no address is a name', () => {
  const options = { auto_sni: true };
  assert.equal(names(options, 'A.example:8080'), { serverName: 'A.example' });
  assert.equal(names(options, 'a.example'), { serverName: 'a.example' });
  assert.equal(names(options, 'spiffe://srv/one'), { serverName: 'spiffe://srv/one' });
  for (const address of ['10.0.0.1', '10.0.0.1:80', '[::1]:80', '::1']) {
    assert.equal(names(options, address), {}, address);
  }
});

test('another header may name it; when it is absent or empty, the host does', () => {
  const options = { auto_sni: true, override_auto_sni_header: 'X-Name' };
  assert.equal(names(options, 'a.example', ['x-name', 'b.example:1']), { serverName: 'b.example' });
  assert.equal(names(options, 'a.example', ['x-name', '']), { serverName: 'a.example' });
  assert.equal(names(options, 'a.example'), { serverName: 'a.example' });
});

test('the certificate must be for it, addresses too', () => {
  assert.equal(names({ auto_sni: true, auto_san_validation: true }, '10.0.0.1:80'), {
    expectedNames: ['10.0.0.1'],
  });
  assert.equal(names({ auto_san_validation: true }, 'a.example'), { expectedNames: ['a.example'] });
});

test.run();
