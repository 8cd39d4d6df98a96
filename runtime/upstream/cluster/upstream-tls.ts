/**
 * `UpstreamTlsContext` -> connections over TLS to the hosts of a cluster. As in Envoy, the server is verified only where
 * the validation context asks for something.
 */
import { constants, createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import type { ConnectionOptions, SecureContext, SecureContextOptions, TLSSocket } from 'node:tls';
import { connect as connectTls, createSecureContext } from 'node:tls';
import { hostPort } from '../../common/address-text.js';
import type { ConnectionTls } from '../../common/connection-tls.js';
import type { Logger } from '../../common/logger.js';
import { messageOf, numberOf, textOf, typeNameOf } from '../../common/message-fields.js';
import { ConfigError } from '../../network/filter.js';
import type { CertificateFacts } from '../../network/tls/certificate-facts.js';
import { readCertificateFacts } from '../../network/tls/certificate-facts.js';
import { HandshakeFacts } from '../../network/tls/handshake-facts.js';
import type { LoadedCertificate } from '../../network/tls/key-pair.js';
import { readKeyPair } from '../../network/tls/key-pair.js';
import type { PeerValidation } from '../../network/tls/peer-validation.js';
import { compilePeerValidation } from '../../network/tls/peer-validation.js';
import type { StaticSecrets } from '../../network/tls/secrets.js';
import { certificateSecrets, namedFiles, secretFiles, validationSecret } from '../../network/tls/secrets.js';
import type { SslStats } from '../../network/tls/ssl-stats.js';
import { tlsErrorText } from '../../network/tls/tls-error-text.js';
import { tlsParameters } from '../../network/tls/tls-parameters.js';

const contextType = 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext';

const contextPath = ['transport_socket', 'typed_config'] as const;
const commonPath = [...contextPath, 'common_tls_context'] as const;

/** What was read of an `UpstreamTlsContext`, files included. */
export interface UpstreamTlsMaterial {
  readonly secureContext: SecureContext;
  readonly validation: PeerValidation;
  /** Our own certificate, for servers that ask for one. */
  readonly local: CertificateFacts | undefined;
  readonly certificates: readonly LoadedCertificate[];
  readonly trusted: readonly LoadedCertificate[];
  readonly secretNames: { readonly certificates: readonly string[]; readonly trusted: string };
  /** How much of it is from secrets of files. */
  readonly fileSecrets: number;
  /** `sni`, `''` without one. */
  readonly serverName: string;
  /** `auto_host_sni` */
  readonly namesHost: boolean;
  /** `auto_sni_san_validation` */
  readonly verifiesServerName: boolean;
  /** `enforce_rsa_key_usage` */
  readonly enforcesKeyUsage: boolean;
  /** `alpn_protocols`; empty when the pool is to say what it speaks. */
  readonly protocols: readonly string[];
  /** `max_session_keys` */
  readonly maxSessions: number;
  readonly files: readonly string[];
  /** Equal for contexts that do the same, files included. */
  readonly digest: string;
}

function secureContext(options: SecureContextOptions): SecureContext {
  try {
    return createSecureContext(options);
  } catch (error) {
    throw new ConfigError(
      `Failed to initialize the TLS context, Cause: ${(error as Error).message}`,
      commonPath,
    );
  }
}

/**
 * @param secrets of the bootstrap
 * @returns undefined for plain text
 * @throws ConfigError with the path from `transport_socket` on
 */
export function upstreamTls(
  transportSocket: unknown,
  secrets: StaticSecrets = [],
): UpstreamTlsMaterial | undefined {
  const config = messageOf(messageOf(transportSocket).typed_config);
  const type = typeNameOf(config);
  if (type === '' || type === 'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer') return undefined;
  if (type !== contextType) {
    throw new ConfigError(`the transport socket ${type} needs real Envoy`, [...contextPath], true);
  }
  const common = messageOf(config.common_tls_context);
  const [certificate, second] = certificateSecrets(common, secrets, commonPath);
  if (second !== undefined) {
    throw new ConfigError('Multiple TLS certificates are not supported for client contexts', second.path);
  }
  const trust = validationSecret(common, secrets, commonPath);
  const pair = certificate === undefined ? undefined : readKeyPair(certificate.value, certificate.path);
  const parameters = tlsParameters(messageOf(common.tls_params), 'TLSv1.2', [...commonPath, 'tls_params']);
  const validation = compilePeerValidation(trust.value, trust.path);
  const verifiesServerName = config.auto_sni_san_validation === true;
  if (verifiesServerName && validation.trusted.length === 0) {
    throw new ConfigError("'auto_sni_san_validation' was configured without a validation context", [
      ...contextPath,
      'auto_sni_san_validation',
    ]);
  }
  const options: SecureContextOptions = {
    ...parameters.options,
    ...pair?.options,
    ...validation.options,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  };
  const material = [config, pair?.options, validation.options.ca, validation.options.crl];
  return {
    secureContext: secureContext(options),
    validation,
    local: pair?.facts,
    certificates: pair === undefined ? [] : [pair],
    trusted: validation.trusted,
    secretNames: { certificates: certificate === undefined ? [] : [certificate.name], trusted: trust.name },
    fileSecrets: [certificate, trust].filter((one) => one?.file !== undefined).length,
    serverName: textOf(config.sni),
    namesHost: config.auto_host_sni === true,
    verifiesServerName,
    enforcesKeyUsage: config.enforce_rsa_key_usage !== false,
    protocols: (common.alpn_protocols ?? []) as readonly string[],
    maxSessions: numberOf(config.max_session_keys, 1),
    files: [...new Set([...secretFiles(certificate, trust), ...namedFiles(certificate?.value, trust.value)])],
    digest: createHash('sha256')
      .update(JSON.stringify([material, trust.value]))
      .digest('hex'),
  };
}

/** Where a connection goes, or the socket that it is made on. */
export type UpstreamTarget = (
  | { readonly host: string; readonly port: number }
  | { readonly path: string }
  | { readonly socket: Duplex }
) & {
  /** Where it comes from; default: the system decides. */
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly allowHalfOpen?: boolean;
};

function targetText(target: UpstreamTarget): string {
  if ('path' in target) return target.path;
  if ('host' in target) return hostPort(target.host, target.port);
  const { remoteAddress = '', remotePort = 0 } = target.socket as Socket;
  return hostPort(remoteAddress, remotePort);
}

/** What a request asks of the handshake (`upstream_http_protocol_options`). */
export interface RequestedNames {
  /** Instead of all others: `auto_sni`. */
  readonly serverName?: string;
  /** `auto_san_validation`: the certificate must have one of these names. */
  readonly expectedNames?: readonly string[];
}

/** What one connection wants of its handshake. */
export interface UpstreamHandshake extends RequestedNames {
  /** Of the endpoint (`Endpoint.hostname`), for `auto_host_sni`; `''` without one. */
  readonly hostname: string;
  /** Offered where `alpn_protocols` says nothing: what the pool speaks. */
  readonly protocols: readonly string[];
  /** Offered whatever `alpn_protocols` says: health checks have their own. */
  readonly protocolsInstead?: readonly string[];
}

/** A session that a server gave. */
interface StoredSession {
  readonly session: Buffer;
  readonly serverName: string;
  /** Of the handshake that it comes from: what it goes on with. */
  readonly facts: ConnectionTls;
}

/**
 * The key of the certificate may not sign, by its own word, which keys of RSA do in all suites that are offered here. In
 * the form of Node's errors.
 */
function usageError(leaf: CertificateFacts | undefined): NodeJS.ErrnoException | undefined {
  if (leaf === undefined || !leaf.isRsa || leaf.maySign) return undefined;
  return Object.assign(new Error('the certificate is not for signatures'), {
    code: 'ERR_SSL_KEY_USAGE_BIT_INCORRECT',
  });
}

/** Connects to the hosts of one cluster. */
export class UpstreamTls {
  private inForce: UpstreamTlsMaterial;
  private readonly ssl: SslStats;
  /** The last one first. */
  private sessions: StoredSession[] = [];

  private readonly tellExpired: (certificates: readonly LoadedCertificate[]) => void;
  private readonly log: Logger | undefined;

  /**
   * @param tellExpired is told of all certificates whenever others come into force
   * @param log told of errors of TLS (`debug`), as Envoy's `connection` is
   */
  constructor(
    material: UpstreamTlsMaterial,
    ssl: SslStats,
    tellExpired: (certificates: readonly LoadedCertificate[]) => void,
    log?: Logger,
  ) {
    this.log = log;
    this.inForce = material;
    this.ssl = ssl;
    this.tellExpired = tellExpired;
    ssl.updateBySds.add(material.fileSecrets);
    this.tellExpirations();
  }

  private tellExpirations(): void {
    const { certificates, secretNames, trusted } = this.inForce;
    this.ssl.showExpirations(certificates, trusted, secretNames);
    this.tellExpired([...certificates, ...trusted]);
  }

  get material(): UpstreamTlsMaterial {
    return this.inForce;
  }

  /** For connections from now on; those that exist stay. @returns whether it differs */
  set(material: UpstreamTlsMaterial): boolean {
    if (material.digest === this.inForce.digest) return false;
    this.inForce = material;
    this.sessions = [];
    this.tellExpirations();
    if (material.fileSecrets > 0) this.ssl.updateBySds.inc();
    return true;
  }

  /**
   * @param onReady called when the handshake is over and the server's certificate is good; `socket.alpnProtocol` is the
   *   negotiated protocol. When it is not good, the socket ends with a `VerifyError`
   */
  connect(
    target: UpstreamTarget,
    handshake: UpstreamHandshake,
    onReady: (facts: ConnectionTls) => void,
  ): TLSSocket {
    const { inForce, ssl } = this;
    const { hostname, protocols, protocolsInstead } = handshake;
    const named = inForce.namesHost && hostname !== '' ? hostname : inForce.serverName;
    const serverName = handshake.serverName ?? named;
    const stored = this.takeSession(serverName);
    const offered = protocolsInstead ?? (inForce.protocols.length === 0 ? protocols : inForce.protocols);
    const socket = connectTls({
      ...target,
      secureContext: inForce.secureContext,
      ...(serverName === '' ? {} : { servername: serverName }),
      ...(stored === undefined ? {} : { session: stored.session }),
      ...(offered.length === 0 ? {} : { ALPNProtocols: [...offered] }),
      // What becomes of a bad certificate is decided, and counted, below.
      rejectUnauthorized: false,
      checkServerIdentity: () => undefined,
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code?.startsWith('ERR_SSL_')) ssl.connectionError.inc();
      const text = tlsErrorText(error);
      if (text !== '') this.log?.debug(`remote address:${targetText(target)},${text}`);
    });
    let good: ConnectionTls | undefined;
    socket.once('secureConnect', () => {
      const facts = new HandshakeFacts(socket, {
        serverName,
        local: inForce.local,
        resumed: stored?.facts,
      });
      const error = this.findError(socket, facts, handshake, inForce);
      if (error !== undefined) {
        socket.destroy(error);
        return;
      }
      ssl.countHandshake(facts, socket.isSessionReused());
      good = facts;
      onReady(facts);
    });
    socket.on('session', (session: Buffer) => {
      // A session of a server that is not good must not come to be used.
      if (good !== undefined && this.inForce === inForce) {
        this.keepSession({ session, serverName, facts: good });
      }
    });
    return socket;
  }

  /**
   * For libraries that connect by themselves, with `material.secureContext`: Node's options that verify what {@link connect}
   * verifies. A certificate for which only a hash speaks, and no authority, is refused there.
   */
  get verification(): Required<Pick<ConnectionOptions, 'rejectUnauthorized' | 'checkServerIdentity'>> {
    const { validation } = this.inForce;
    const { chainDecides, isActive, needsCertificate } = validation;
    return {
      rejectUnauthorized: isActive && (chainDecides || needsCertificate),
      checkServerIdentity: (_name, { raw }) => {
        if (!isActive) return undefined;
        const chain = [readCertificateFacts(raw)];
        const { error, isAccepted } = validation.verify({ chainError: undefined, chain });
        return isAccepted ? undefined : error;
      },
    };
  }

  private findError(
    socket: TLSSocket,
    { peerChain, serverName }: ConnectionTls,
    { expectedNames }: UpstreamHandshake,
    { enforcesKeyUsage, validation, verifiesServerName }: UpstreamTlsMaterial,
  ): Error | undefined {
    const [leaf] = peerChain;
    const usage = enforcesKeyUsage ? usageError(leaf) : undefined;
    if (leaf === undefined || !validation.isActive) return usage;
    const chainError = socket.authorized ? undefined : String(socket.authorizationError);
    // OpenSSL has its own word for the same.
    if (chainError === 'INVALID_PURPOSE' && usage !== undefined) return usage;
    const { error, isAccepted } = validation.verify({
      chainError,
      chain: peerChain,
      ...(verifiesServerName && serverName !== '' ? { serverName } : {}),
      ...(expectedNames === undefined ? {} : { expectedNames }),
    });
    if (error !== undefined) this.ssl[error.counter].inc();
    return isAccepted ? usage : error;
  }

  private takeSession(serverName: string): StoredSession | undefined {
    const at = this.sessions.findIndex((one) => one.serverName === serverName);
    const found = this.sessions[at];
    // Tickets of TLS 1.3 are used once (RFC 8446 appendix C.4).
    if (found?.facts.version === 'TLSv1.3') this.sessions.splice(at, 1);
    return found;
  }

  private keepSession(session: StoredSession): void {
    this.sessions.unshift(session);
    if (this.sessions.length > this.inForce.maxSessions) this.sessions.length = this.inForce.maxSessions;
  }
}
