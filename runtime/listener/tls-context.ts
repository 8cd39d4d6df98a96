/**
 * `DownstreamTlsContext` -> what the TLS side of a filter chain needs. Everything is read and tried here, once: a bad
 * file or a key that does not fit refuses the configuration, never a handshake.
 */
import { constants, createHash } from 'node:crypto';
import type { SecureContext, TlsOptions } from 'node:tls';
import { createSecureContext } from 'node:tls';
import type { Fields } from '../common/message-fields.js';
import { durationOf, messageOf, textOf, typeNameOf } from '../common/message-fields.js';
import { ConfigError } from '../network/filter.js';
import type { KeyPair, LoadedCertificate } from '../network/tls/key-pair.js';
import { readKeyPair } from '../network/tls/key-pair.js';
import type { PeerValidation } from '../network/tls/peer-validation.js';
import { compilePeerValidation } from '../network/tls/peer-validation.js';
import type { Secret, StaticSecrets } from '../network/tls/secrets.js';
import {
  certificateSecrets,
  namedFiles,
  secretFiles,
  ticketKeySecret,
  validationSecret,
} from '../network/tls/secrets.js';
import type { TicketKey } from '../network/tls/session-tickets.js';
import { ownTicketKeys, readTicketKeys, ticketKeyName } from '../network/tls/session-tickets.js';
import type { TlsParameters } from '../network/tls/tls-parameters.js';
import { tlsParameters } from '../network/tls/tls-parameters.js';
import { chooseCertificate } from './certificate-choice.js';
import type { ClientHello } from './client-hello.js';

const contextType = 'envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext';
const rawType = 'envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer';

const contextPath = ['transport_socket', 'typed_config'] as const;
const commonPath = [...contextPath, 'common_tls_context'] as const;

/** BoringSSL's life of a session when `session_timeout` is not set, in milliseconds. */
const sessionTimeoutMs = 2 * 3_600_000;

/** How one handshake is to go; equal keys mean equal handshakes. */
export interface HandshakePlan {
  readonly key: string;
  readonly pair: KeyPair;
  readonly options: TlsOptions;
  /** Of the same options. */
  readonly secureContext: SecureContext;
  /** Envoy's name of the group of the key exchange; `''` when it cannot be told. */
  readonly group: string;
}

export interface DownstreamTls {
  /** In the server's order of preference. */
  readonly applicationProtocols: readonly string[];
  readonly validation: PeerValidation;
  /** The client is asked for a certificate. */
  readonly requestsCertificate: boolean;
  /** A client without a certificate is refused. */
  readonly requiresCertificate: boolean;
  /** `ocsp_staple_policy` is `STRICT_STAPLING` or `MUST_STAPLE`: an expired response ends the handshake. */
  readonly requiresFreshStaple: boolean;
  /** Sessions are kept here and not in tickets (`disable_stateless_session_resumption`). */
  readonly keepsSessions: boolean;
  readonly certificates: readonly KeyPair[];
  readonly trusted: readonly LoadedCertificate[];
  /** Names of the secrets, `''` where there is none. */
  readonly secretNames: { readonly certificates: readonly string[]; readonly trusted: string };
  /** How much of it is from secrets of files. */
  readonly fileSecrets: number;
  readonly files: readonly string[];
  /** Equal for contexts of equal configurations, whatever their files hold. */
  readonly identity: string;
  /** Equal for contexts that do the same, files included. */
  readonly digest: string;
  plan(hello: ClientHello): HandshakePlan;
}

/** Groups that OpenSSL has, by number (IANA, TLS Supported Groups). */
const groupNames: Readonly<Record<number, string>> = {
  23: 'P-256',
  24: 'P-384',
  25: 'P-521',
  29: 'X25519',
  30: 'X448',
};
const groupAliases: Readonly<Record<string, string>> = {
  prime256v1: 'P-256',
  secp256r1: 'P-256',
  secp384r1: 'P-384',
  secp521r1: 'P-521',
};

/** What OpenSSL agrees upon: of TLS 1.3 the first key that was sent and is known, else the first of ours that is known. */
function agreedGroup(hello: ClientHello, ours: readonly string[], isTls13: boolean): string {
  const shares = isTls13 ? hello.keyShares.map((one) => groupNames[one] ?? '') : [];
  const sent = shares.find((one) => ours.includes(one));
  if (sent !== undefined) return sent;
  const theirs = hello.groups.map((one) => groupNames[one] ?? '');
  return ours.find((one) => theirs.includes(one)) ?? '';
}

/** What all handshakes of a context have in common. */
interface PlanParts {
  readonly context: Fields;
  readonly parameters: TlsParameters;
  readonly pairs: readonly KeyPair[];
  readonly ticketKeys: readonly TicketKey[];
  readonly common: TlsOptions;
  readonly protocols: readonly string[];
}

function planner({
  common,
  context,
  pairs,
  parameters,
  protocols,
  ticketKeys,
}: PlanParts): DownstreamTls['plan'] {
  const { ecdhCurve = '' } = parameters.options;
  const ours = ecdhCurve.split(':').map((one) => groupAliases[one] ?? one);
  const names = ticketKeys.map(ticketKeyName);
  const isTls13Served = parameters.maxVersion === 'TLSv1.3';
  const contexts = new Map<string, SecureContext>();
  return (hello) => {
    const pair = chooseCertificate(pairs, hello, context.full_scan_certs_on_sni_mismatch === true);
    const isTls13 = isTls13Served && hello.offersTls13;
    const negotiates = protocols.some((one) => hello.applicationProtocols.includes(one));
    // An older key opens its tickets; what is new is made with the first one.
    const ticketAt = Math.max(0, names.indexOf(hello.ticketName));
    const group = agreedGroup(hello, ours, isTls13);
    const key = [pairs.indexOf(pair), isTls13, negotiates, ticketAt, group].join();
    const options: TlsOptions = {
      ...common,
      ...pair.options,
      ticketKeys: ticketKeys[ticketAt] as TicketKey,
      // Of TLS 1.3, BoringSSL takes the client's first choice.
      honorCipherOrder: !isTls13 && context.prefer_client_ciphers !== true,
      // Node ends a handshake with an alert when no protocol is agreed upon, where Envoy goes on without one. So who
      // offers nothing of ours meets a server that does not take part in the negotiation.
      ...(negotiates ? { ALPNProtocols: [...protocols] } : {}),
    };
    let secureContext = contexts.get(key);
    if (secureContext === undefined) {
      secureContext = createSecureContext(options);
      contexts.set(key, secureContext);
    }
    return { key, pair, options, secureContext, group };
  };
}

/** @throws ConfigError when the certificates do not go with the policy */
function refuseMissingStaples(policy: string, pairs: readonly KeyPair[]): void {
  if (policy !== 'MUST_STAPLE' || pairs.every(({ staple }) => staple !== undefined)) return;
  throw new ConfigError('Required OCSP response is missing from TLS context', commonPath);
}

/**
 * @param secrets of the bootstrap
 * @returns undefined for plain text
 * @throws ConfigError with the path from `transport_socket` on
 */
export function downstreamTls(
  transportSocket: unknown,
  secrets: StaticSecrets = [],
): DownstreamTls | undefined {
  const config = messageOf(messageOf(transportSocket).typed_config);
  const type = typeNameOf(config);
  if (type === '' || type === rawType) return undefined;
  if (type !== contextType) {
    throw new ConfigError(`the transport socket ${type} needs real Envoy`, [...contextPath], true);
  }
  const common = messageOf(config.common_tls_context);
  const certificates = certificateSecrets(common, secrets, commonPath);
  if (certificates.length === 0) {
    throw new ConfigError('No TLS certificates found for server context', commonPath);
  }
  const trust = validationSecret(common, secrets, commonPath);
  const tickets = ticketKeySecret(config, secrets, contextPath);
  const pairs = certificates.map(({ path, value }) => readKeyPair(value, path));
  const parameters = tlsParameters(messageOf(common.tls_params), 'TLSv1.3', [...commonPath, 'tls_params']);
  const validation = compilePeerValidation(trust.value, trust.path);
  const policy = textOf(config.ocsp_staple_policy, 'LENIENT_STAPLING');
  refuseMissingStaples(policy, pairs);
  const isStateless = config.disable_stateless_session_resumption !== true;
  const parts = [...certificates, trust, tickets];
  const identity = JSON.stringify([config, ...parts.map(withoutFileContent)]);
  const requiresCertificate =
    validation.isActive && (config.require_client_certificate === true || validation.needsCertificate);
  const options: TlsOptions = {
    ...parameters.options,
    ...validation.options,
    // Without it sessions of clients with certificates could not be resumed. A session that was given when something
    // else was asked of clients must not be.
    sessionIdContext: sessionIdContext([
      identity,
      trust.value,
      validation.options.ca,
      validation.options.crl,
    ]),
    sessionTimeout: Math.max(1, Math.round(durationOf(config.session_timeout, sessionTimeoutMs) / 1000)),
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | (isStateless ? 0 : constants.SSL_OP_NO_TICKET),
    requestCert: validation.isActive,
    // What becomes of a client with a bad certificate is decided, and counted, by the chain. Without any, OpenSSL ends
    // the handshake with the alert that tells why.
    rejectUnauthorized: requiresCertificate && validation.chainDecides,
  };
  for (const [at, pair] of pairs.entries()) {
    try {
      createSecureContext({ ...options, ...pair.options });
    } catch (error) {
      const path = certificates[at]?.path ?? commonPath;
      throw new ConfigError(`Failed to initialize TLS: ${(error as Error).message}`, path);
    }
  }
  const protocols = (common.alpn_protocols ?? []) as readonly string[];
  const ticketKeys =
    tickets === undefined ? ownTicketKeys(identity) : readTicketKeys(tickets.value, tickets.path);
  return {
    applicationProtocols: protocols,
    validation,
    requestsCertificate: validation.isActive,
    requiresCertificate,
    requiresFreshStaple: policy !== 'LENIENT_STAPLING',
    keepsSessions: !isStateless && config.disable_stateful_session_resumption !== true,
    certificates: pairs,
    trusted: validation.trusted,
    secretNames: { certificates: certificates.map(statName), trusted: trust.name },
    fileSecrets: parts.filter((one) => one?.file !== undefined).length,
    files: [...new Set([...secretFiles(...parts), ...namedFiles(...parts.map((one) => one?.value))])],
    identity,
    digest: digestOf(identity, pairs, validation, tickets === undefined ? [] : ticketKeys),
    plan: planner({ context: config, parameters, pairs, ticketKeys, common: options, protocols }),
  };
}

function digestOf(
  identity: string,
  pairs: readonly KeyPair[],
  { options }: PeerValidation,
  ticketKeys: readonly TicketKey[],
): string {
  const material = [
    ...pairs.map((pair) => [pair.options, pair.staple?.response]),
    options.ca,
    options.crl,
    ...ticketKeys,
  ];
  return createHash('sha256').update(identity).update(JSON.stringify(material)).digest('hex');
}

/** Under which name the end of its life is shown: that of the secret, and Envoy's for what has none. */
function statName({ name, value }: Secret): string {
  return name === '' && value.pkcs12 !== undefined ? 'unnamed_cert_' : name;
}

/** A secret of a file is named by the file: its content may change while connections stay. */
function withoutFileContent(part: unknown): unknown {
  const { file, name } = messageOf(part);
  return file === undefined ? part : { file, name };
}

const sessionIdContext = (parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32);
