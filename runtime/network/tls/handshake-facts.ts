/**
 * What a TLS socket tells after its handshake, kept: once it is closed, it tells nothing.
 */
import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import type { ConnectionTls } from '../../common/connection-tls.js';
import type { CertificateFacts } from './certificate-facts.js';
import { readCertificateFacts } from './certificate-facts.js';
import { derChildren, OCTET_STRING, readDer } from './der.js';

/** OpenSSL's names of groups where Envoy has others. */
const groupNames: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

/** The id in a session of TLS 1.2 as Node hands it over (OpenSSL's `SSL_SESSION` in DER). */
function sessionIdOf(socket: TLSSocket): string {
  const session = socket.getProtocol() === 'TLSv1.3' ? undefined : socket.getSession();
  if (session === undefined) return '';
  try {
    const id = derChildren(readDer(session).content).filter(({ tag }) => tag === OCTET_STRING)[1];
    return id?.content.toString('hex') ?? '';
  } catch {
    return '';
  }
}

function groupOf(socket: TLSSocket): string {
  const key = socket.getEphemeralKeyInfo() as { name?: string } | null;
  const name = key?.name ?? '';
  return groupNames[name] ?? name;
}

/** What else than the socket tells it. */
export interface KnownFacts {
  readonly serverName: string;
  readonly local: CertificateFacts | undefined;
  /** Where the socket itself does not tell it: servers. */
  readonly group?: string;
}

export class HandshakeFacts implements ConnectionTls {
  readonly version: string;
  readonly cipher: string;
  readonly sessionId: string;
  readonly group: string;
  readonly serverName: string;
  readonly local: CertificateFacts | undefined;
  private readonly peer: X509Certificate | undefined;
  private chain: readonly CertificateFacts[] | undefined = undefined;

  constructor(socket: TLSSocket, { group, local, serverName }: KnownFacts) {
    this.version = socket.getProtocol() ?? '';
    this.cipher = socket.getCipher()?.name ?? '';
    this.sessionId = sessionIdOf(socket);
    this.group = group ?? groupOf(socket);
    this.serverName = serverName;
    this.local = local;
    this.peer = socket.getPeerX509Certificate();
  }

  /** Read when it is asked for first: many connections are never asked. */
  get peerChain(): readonly CertificateFacts[] {
    if (this.chain === undefined) {
      const chain: CertificateFacts[] = [];
      for (let one = this.peer; one !== undefined; one = one.issuerCertificate) {
        chain.push(readCertificateFacts(one.raw));
      }
      this.chain = chain;
    }
    return this.chain;
  }
}
