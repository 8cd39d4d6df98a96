import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { redact } from '../../../runtime/admin/redact.js';

const any = (name: string, fields: object) => ({ '@type': `type.googleapis.com/${name}`, ...fields });

test('what the API marks as sensitive is hidden, wherever it is', () => {
  const upstreamTls = (key: object, password: object) =>
    any('envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext', {
      common_tls_context: {
        tls_certificates: [
          {
            certificate_chain: { filename: '/c.pem' },
            private_key: key,
            password,
          },
        ],
      },
    });
  const cluster = (key: object, password: object) => ({
    name: 'web',
    transport_socket: { name: 'tls', typed_config: upstreamTls(key, password) },
  });
  assert.equal(
    redact(cluster({ filename: '/k.pem' }, { inline_bytes: 'c2VjcmV0' }), 'envoy.config.cluster.v3.Cluster'),
    cluster({ filename: '[redacted]' }, { inline_bytes: 'W3JlZGFjdGVkXQ==' }),
  );
});

test('a field of the same name in another message is no secret', () => {
  const provider = (secret: string, id: string) =>
    ({ access_key_id: id, secret_access_key: secret }) as const;
  assert.equal(
    redact(provider('s', 'id'), 'envoy.extensions.common.aws.v3.InlineCredentialProvider'),
    provider('[redacted]', 'id'),
  );
  const matcher = { users: { inline_string: 'x' }, name: 'users' };
  assert.equal(redact(matcher, 'envoy.config.cluster.v3.Cluster'), matcher);
});

test('maps and the types inside an Any are followed', () => {
  const options = (password: string) => ({
    name: 'redis',
    typed_extension_protocol_options: {
      'envoy.filters.network.redis_proxy': any(
        'envoy.extensions.filters.network.redis_proxy.v3.RedisProtocolOptions',
        { auth_password: { inline_string: password } },
      ),
    },
  });
  assert.equal(redact(options('s'), 'envoy.config.cluster.v3.Cluster'), options('[redacted]'));
  assert.equal(
    redact(
      { name: 's', generic_secret: { secrets: { a: { inline_string: 'x' }, b: { filename: 'y' } } } },
      'envoy.extensions.transport_sockets.tls.v3.Secret',
    ),
    {
      name: 's',
      generic_secret: { secrets: { a: { inline_string: '[redacted]' }, b: { filename: '[redacted]' } } },
    },
  );
});

test('the given message is not changed, and numbers stay', () => {
  const secret = Object.freeze({
    session_ticket_keys: Object.freeze({ keys: [{ inline_string: 'x', size: 3, on: true }] }),
  });
  assert.equal(redact(secret, 'envoy.extensions.transport_sockets.tls.v3.Secret'), {
    session_ticket_keys: { keys: [{ inline_string: '[redacted]', size: 3, on: true }] },
  });
  assert.is(secret.session_ticket_keys.keys[0]?.inline_string, 'x');
});

test.run();
