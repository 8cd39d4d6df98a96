/**
 * E3019: a TLS context that cannot work: a server without a certificate, a certificate without its key, a static secret
 * that is not there, names checked without an authority. Whether the files hold certificates is Envoy's to say.
 */
import type { BootstrapView } from './bootstrap-view.js';
import { fieldsAt, isSet, textAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';

const tls = 'envoy.extensions.transport_sockets.tls.v3.';

function finding(path: Finding['path'], message: string, fix: string): Finding {
  return { code: 'E3019', severity: 'error', path, message, fix };
}

/** Fields of a common context that bring no certificate. */
const harmless: ReadonlySet<string> = new Set([
  'tls_params',
  'alpn_protocols',
  'validation_context',
  'key_log',
]);

function* serverCertificates(view: BootstrapView): Generator<Finding> {
  for (const context of view.all(`${tls}DownstreamTlsContext`)) {
    const common = fieldsAt(context.value.common_tls_context);
    const says = (field: string): boolean =>
      Array.isArray(common[field]) ? common[field].length > 0 : isSet(common[field]);
    if (!Object.keys(common).every((field) => harmless.has(field) || !says(field))) continue;
    yield finding(
      context.path,
      'a server has no TLS certificate',
      'set common_tls_context.tls_certificates, or tls_certificate_sds_secret_configs',
    );
  }
}

function* keys(view: BootstrapView): Generator<Finding> {
  for (const context of view.all(`${tls}CommonTlsContext`)) {
    const server = context.parent?.type === `${tls}DownstreamTlsContext`;
    for (const certificate of context.list('tls_certificates')) {
      const { value } = certificate;
      if (isSet(value.pkcs12) || isSet(value.private_key_provider)) continue;
      const [chain, key] = [isSet(value.certificate_chain), isSet(value.private_key)];
      if (chain && !key)
        yield finding(certificate.path, 'the certificate has no private key', 'set private_key');
      else if (!chain && (key || server)) {
        yield finding(certificate.path, 'the certificate chain is missing', 'set certificate_chain');
      }
    }
    for (const field of server ? [] : ['tls_certificates', 'tls_certificate_sds_secret_configs']) {
      if (context.list(field).length < 2) continue;
      yield finding([...context.path, field], 'a client has one certificate', 'remove the others');
    }
  }
}

/** The kind of secret that each field wants; other fields want other kinds. */
const kinds: Readonly<Record<string, string>> = {
  tls_certificate_sds_secret_configs: 'tls_certificate',
  validation_context_sds_secret_config: 'validation_context',
  session_ticket_keys_sds_secret_config: 'session_ticket_keys',
  // Of oauth2, and of credentials that are injected.
  client_secret: 'generic_secret',
  credential: 'generic_secret',
  hmac_secret: 'generic_secret',
  token_secret: 'generic_secret',
};

function* staticSecrets(view: BootstrapView): Generator<Finding> {
  const secrets = view.root.at('static_resources').list('secrets');
  for (const config of view.all(`${tls}SdsSecretConfig`)) {
    const kind = kinds[String(config.field)];
    if (kind === undefined || isSet(config.value.sds_config)) continue;
    const name = textAt(config.value.name);
    if (secrets.some(({ value }) => value.name === name && isSet(value[kind]))) continue;
    yield finding(
      [...config.path, 'name'],
      `there is no static secret '${name}' with a ${kind}`,
      'add it to static_resources.secrets, or set sds_config',
    );
  }
}

function* authorities(view: BootstrapView): Generator<Finding> {
  for (const context of view.all(`${tls}CertificateValidationContext`)) {
    const names =
      context.list('match_typed_subject_alt_names').length + context.list('match_subject_alt_names').length;
    const { value } = context;
    if (names === 0 || [value.trusted_ca, value.ca_certificate_provider_instance].some(isSet)) continue;
    // A part of a combined context is filled in by a secret; other validators have trust of their own.
    if (context.field !== 'validation_context' || isSet(value.custom_validator_config)) continue;
    if (isSet(value.system_root_certs)) continue;
    yield finding(
      context.path,
      'names of the peer are checked without an authority that vouches for them',
      'set trusted_ca',
    );
  }
}

export function* tlsContexts(view: BootstrapView): Generator<Finding> {
  yield* serverCertificates(view);
  yield* keys(view);
  yield* staticSecrets(view);
  yield* authorities(view);
}
