/**
 * `x-forwarded-client-cert`: what the next one is told of the client's certificate (`forward_client_cert_details`,
 * `set_current_client_cert_details`; `ConnectionManagerUtility::mutateXfccRequestHeader`).
 */
import type { ConnectionTls } from '../common/connection-tls.js';
import type { HeaderList } from '../common/header-list.js';
import { getHeader, replaceHeader } from '../common/header-list.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, textOf } from '../common/message-fields.js';
import { namesOfKind } from '../network/tls/certificate-facts.js';

const name = 'x-forwarded-client-cert';

export interface ClientCertificateHeader {
  /** What the client sent of it may stay. */
  isForwarded(ssl: ConnectionTls | undefined): boolean;
  /** Writes our part, where there is one, behind what was forwarded or in its place. */
  write(headers: HeaderList, ssl: ConnectionTls | undefined): void;
}

const hasCertificate = (ssl: ConnectionTls | undefined): ssl is ConnectionTls =>
  ssl !== undefined && ssl.peerChain.length > 0;

/** One element: `By=...;Hash=...` and what is asked for, in Envoy's order. */
function elementOf({ local, peerChain }: ConnectionTls, details: Fields): string {
  const [leaf] = peerChain;
  if (leaf === undefined) return '';
  const parts = (local === undefined ? [] : namesOfKind(local, 'URI')).map((uri) => `By=${uri}`);
  parts.push(`Hash=${leaf.sha256}`);
  if (details.cert === true) parts.push(`Cert="${encodeURIComponent(leaf.pem)}"`);
  if (details.chain === true) {
    parts.push(`Chain="${encodeURIComponent(peerChain.map(({ pem }) => pem).join(''))}"`);
  }
  if (details.subject === true) parts.push(`Subject="${leaf.subject}"`);
  if (details.uri === true) {
    const uris = namesOfKind(leaf, 'URI');
    parts.push(...(uris.length === 0 ? [''] : uris).map((uri) => `URI=${uri}`));
  }
  if (details.dns === true) parts.push(...namesOfKind(leaf, 'DNS').map((dns) => `DNS=${dns}`));
  return parts.join(';');
}

/** @param manager the `HttpConnectionManager` */
export function clientCertificateHeader(manager: Fields): ClientCertificateHeader {
  const mode = textOf(manager.forward_client_cert_details, 'SANITIZE');
  const details = messageOf(manager.set_current_client_cert_details);
  const writes = mode === 'APPEND_FORWARD' || mode === 'SANITIZE_SET';
  /** The same for all requests of a connection. */
  const elements = new WeakMap<ConnectionTls, string>();
  return {
    isForwarded: (ssl) => mode === 'ALWAYS_FORWARD_ONLY' || (mode !== 'SANITIZE' && hasCertificate(ssl)),
    write(headers, ssl) {
      if (!writes || !hasCertificate(ssl)) return;
      let element = elements.get(ssl);
      if (element === undefined) {
        element = elementOf(ssl, details);
        elements.set(ssl, element);
      }
      const before = mode === 'APPEND_FORWARD' ? getHeader(headers, name) : undefined;
      replaceHeader(headers, name, before === undefined ? element : `${before},${element}`);
    },
  };
}
