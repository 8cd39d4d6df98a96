/**
 * E3019: certificates and keys that stand in the configuration itself: whether they are any, and belong together. Those in
 * files are the proxy's to judge, unless files of this machine are asked for.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { BootstrapView, Message } from './bootstrap-view.js';
import { isSet, textAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';
import type { Machine } from './machine.js';

const tls = 'envoy.extensions.transport_sockets.tls.v3.';

/** TLS session tickets: name, HMAC key and AES key. */
const ticketKeyBytes = 80;

function finding(path: Finding['path'], message: string, fix: string): Finding {
  return { code: 'E3019', severity: 'error', path, message, fix };
}

/** The bytes of a `DataSource`, as far as they can be had; undefined for files that nobody looks at, and the like. */
function bytesOf(source: Message, machine: Machine | undefined): Buffer | undefined {
  const { filename, inline_string: text, inline_bytes: bytes } = source.value;
  if (typeof filename === 'string' && machine !== undefined) {
    const octets = machine.read(filename);
    return octets === 'folder' ? undefined : octets;
  }
  if (typeof text === 'string') return Buffer.from(text);
  return typeof bytes === 'string' ? Buffer.from(bytes, 'base64') : undefined;
}

function certificateIn(pem: Buffer): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function keyIn(pem: Buffer, passphrase: string) {
  try {
    return createPrivateKey({ key: pem, ...(passphrase === '' ? {} : { passphrase }) });
  } catch {
    return undefined;
  }
}

function* ofCertificate(message: Message, machine: Machine | undefined): Generator<Finding> {
  const [chainSource, keySource] = [message.at('certificate_chain'), message.at('private_key')];
  const [chainPem, keyPem] = [bytesOf(chainSource, machine), bytesOf(keySource, machine)];
  const chain = chainPem === undefined ? undefined : certificateIn(chainPem);
  if (chainPem !== undefined && chain === undefined) {
    yield finding(
      chainSource.path,
      'the certificate chain is not a PEM with a certificate',
      'put the certificate here',
    );
  }
  // A key behind a password that comes from a file cannot be opened here.
  if (
    keyPem === undefined ||
    (isSet(message.value.password) && bytesOf(message.at('password'), machine) === undefined)
  )
    return;
  const key = keyIn(keyPem, bytesOf(message.at('password'), machine)?.toString() ?? '');
  if (key === undefined) {
    yield finding(keySource.path, 'the private key is not a PEM with a key', 'put the key here');
  } else if (chain !== undefined && !chain.checkPrivateKey(key)) {
    yield finding(
      keySource.path,
      'the private key does not belong to the certificate',
      'use the key of this certificate',
    );
  }
}

function* authorities(view: BootstrapView): Generator<Finding> {
  for (const context of view.all(`${tls}CertificateValidationContext`)) {
    const source = context.at('trusted_ca');
    const pem = bytesOf(source, view.machine);
    if (pem === undefined || certificateIn(pem) !== undefined) continue;
    yield finding(
      source.path,
      'trusted_ca is not a PEM with a certificate',
      'put the certificate of the authority here',
    );
  }
}

function* ticketKeys(view: BootstrapView): Generator<Finding> {
  for (const keys of view.all(`${tls}TlsSessionTicketKeys`)) {
    for (const key of keys.list('keys')) {
      const size = bytesOf(key, view.machine)?.length ?? ticketKeyBytes;
      if (size === ticketKeyBytes) continue;
      yield finding(
        key.path,
        `a session ticket key has ${ticketKeyBytes} bytes, this one ${size}`,
        'make a new one',
      );
    }
  }
}

/** Protocol names have one byte for their length. */
function* protocolNames(view: BootstrapView): Generator<Finding> {
  for (const context of view.all(`${tls}CommonTlsContext`)) {
    const names = context.value.alpn_protocols;
    for (const [index, name] of (Array.isArray(names) ? names : []).entries()) {
      if (Buffer.byteLength(textAt(name)) < 256) continue;
      yield finding(
        [...context.path, 'alpn_protocols', index],
        'the protocol name is too long',
        'use 255 bytes at most',
      );
    }
  }
}

export function* inlineCertificates(view: BootstrapView): Generator<Finding> {
  for (const certificate of view.all(`${tls}TlsCertificate`)) {
    if (!isSet(certificate.value.pkcs12)) yield* ofCertificate(certificate, view.machine);
  }
  yield* authorities(view);
  yield* ticketKeys(view);
  yield* protocolNames(view);
}
