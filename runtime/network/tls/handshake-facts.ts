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
  /** False where the other side was not asked for a certificate. */
  readonly asksPeer?: boolean;
  /** An authority of ours vouches for the other side: then it is asked for the issuer. */
  readonly isVerified?: boolean;
  /** Of the handshake whose session is gone on with: Node's clients do not tell it again. */
  readonly resumed?: ConnectionTls | undefined;
}

export class HandshakeFacts implements ConnectionTls {
  readonly version: string;
  readonly cipher: string;
  readonly sessionId: string;
  readonly group: string;
  readonly serverName: string;
  readonly local: CertificateFacts | undefined;
  private readonly peer: X509Certificate | undefined;
  private readonly issuerDer: Buffer | undefined;
  private readonly resumed: ConnectionTls | undefined;
  private readonly isVerified: boolean;
  private chain: readonly CertificateFacts[] | undefined = undefined;

  constructor(socket: TLSSocket, known: KnownFacts) {
    this.version = socket.getProtocol() ?? '';
    this.cipher = socket.getCipher()?.name ?? '';
    this.sessionId = sessionIdOf(socket);
    this.resumed = socket.isSessionReused() ? known.resumed : undefined;
    this.group = known.group ?? (groupOf(socket) || (this.resumed?.group ?? ''));
    this.serverName = known.serverName;
    this.local = known.local;
    this.peer = known.asksPeer === false ? undefined : socket.getPeerX509Certificate();
    // What the other side did not show, but we trust, only the older way to ask tells.
    this.isVerified = known.isVerified === true;
    const asks = this.isVerified && this.peer?.issuerCertificate === undefined;
    this.issuerDer = asks ? socket.getPeerCertificate(true).issuerCertificate?.raw : undefined;
  }

  /** The other side has shown a certificate; does not read it. */
  get hasPeer(): boolean {
    return this.peer !== undefined || (this.resumed?.peerChain.length ?? 0) > 0;
  }

  get issuer(): CertificateFacts | undefined {
    if (!this.isVerified) return undefined;
    return this.issuerDer === undefined ? this.peerChain[1] : readCertificateFacts(this.issuerDer);
  }

  /** Read when it is asked for first: many connections are never asked. */
  get peerChain(): readonly CertificateFacts[] {
    if (this.chain === undefined) {
      const chain: CertificateFacts[] = [];
      for (let one = this.peer; one !== undefined; one = one.issuerCertificate) {
        chain.push(readCertificateFacts(one.raw));
      }
      this.chain = chain.length === 0 && this.resumed !== undefined ? this.resumed.peerChain : chain;
    }
    return this.chain;
  }
}
