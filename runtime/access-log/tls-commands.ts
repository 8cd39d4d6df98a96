/**
 * Commands that tell of the TLS of either side: `%DOWNSTREAM_TLS_VERSION%`, `%UPSTREAM_PEER_SUBJECT%` ...
 */
import type { CertificateFacts, ConnectionTls } from '../common/connection-tls.js';
import { toOctets } from '../common/octet-text.js';
import type { StreamInfo } from '../common/stream-info.js';
import type { AlternateNameKind } from '../network/tls/certificate-facts.js';
import { namesOfKind } from '../network/tls/certificate-facts.js';
import type { CommandRules } from './format-commands.js';
import { timeCommand } from './time-command.js';

type TextOf = (tls: ConnectionTls) => string | undefined;
type CertificateOf = (tls: ConnectionTls) => CertificateFacts | undefined;

const peer: CertificateOf = ({ peerChain }) => peerChain[0];
const local: CertificateOf = (tls) => tls.local;
const issuer: CertificateOf = (tls) => tls.issuer;

function of(certificate: CertificateOf, text: (facts: CertificateFacts) => string): TextOf {
  return (tls) => {
    const facts = certificate(tls);
    return facts === undefined ? undefined : text(facts);
  };
}

const names = (certificate: CertificateOf, kind: AlternateNameKind): TextOf =>
  of(certificate, (facts) => toOctets(namesOfKind(facts, kind).join(',')));

const chain =
  (text: (facts: CertificateFacts) => string): TextOf =>
  ({ peerChain }) =>
    peerChain.map(text).join(',');

/** What Envoy has for both sides. */
const both: Readonly<Record<string, TextOf>> = {
  TLS_VERSION: ({ version }) => version,
  TLS_CIPHER: ({ cipher }) => cipher,
  TLS_GROUP: ({ group }) => group,
  TLS_SESSION_ID: ({ sessionId }) => sessionId,
  PEER_SUBJECT: of(peer, ({ subject }) => subject),
  PEER_ISSUER: of(peer, (facts) => facts.issuer),
  PEER_CERT: of(peer, ({ pem }) => encodeURIComponent(pem)),
  PEER_DNS_SAN: names(peer, 'DNS'),
  PEER_URI_SAN: names(peer, 'URI'),
  PEER_IP_SAN: names(peer, 'IP_ADDRESS'),
  LOCAL_DNS_SAN: names(local, 'DNS'),
  LOCAL_URI_SAN: names(local, 'URI'),
  LOCAL_IP_SAN: names(local, 'IP_ADDRESS'),
};

const downstreamOnly: Readonly<Record<string, TextOf>> = {
  PEER_EMAIL_SAN: names(peer, 'EMAIL'),
  PEER_OTHERNAME_SAN: names(peer, 'OTHER_NAME'),
  PEER_SERIAL: of(peer, ({ serial }) => serial),
  PEER_FINGERPRINT_256: of(peer, ({ sha256 }) => sha256),
  PEER_FINGERPRINT_1: of(peer, ({ sha1 }) => sha1),
  PEER_ISSUER_FINGERPRINT_256: of(issuer, ({ sha256 }) => sha256),
  PEER_ISSUER_SERIAL: of(issuer, ({ serial }) => serial),
  PEER_CHAIN_FINGERPRINTS_256: chain(({ sha256 }) => sha256),
  PEER_CHAIN_FINGERPRINTS_1: chain(({ sha1 }) => sha1),
  PEER_CHAIN_SERIALS: chain(({ serial }) => serial),
  LOCAL_SUBJECT: of(local, ({ subject }) => subject),
  LOCAL_EMAIL_SAN: names(local, 'EMAIL'),
  LOCAL_OTHERNAME_SAN: names(local, 'OTHER_NAME'),
};

const sides = {
  DOWNSTREAM: (info: StreamInfo) => info.downstreamTls,
  UPSTREAM: (info: StreamInfo) => info.upstreamTls,
} as const;

function textCommand(tlsOf: (info: StreamInfo) => ConnectionTls | undefined, text: TextOf): CommandRules {
  return {
    argument: 'none',
    length: false,
    // Names of certificates are whatever their authority has signed.
    unchecked: true,
    make: () => (info) => {
      const tls = tlsOf(info);
      const value = tls === undefined ? undefined : text(tls);
      return value === '' ? undefined : value;
    },
  };
}

function commandsOf(side: keyof typeof sides): [string, CommandRules][] {
  const tlsOf = sides[side];
  const texts = side === 'DOWNSTREAM' ? { ...both, ...downstreamOnly } : both;
  const leaf = (info: StreamInfo): CertificateFacts | undefined => tlsOf(info)?.peerChain[0];
  return [
    ...Object.entries(texts).map(([name, text]): [string, CommandRules] => [
      `${side}_${name}`,
      textCommand(tlsOf, text),
    ]),
    [`${side}_PEER_CERT_V_START`, timeCommand((info) => leaf(info)?.notBefore)],
    [`${side}_PEER_CERT_V_END`, timeCommand((info) => leaf(info)?.notAfter)],
  ];
}

export const tlsCommands: Readonly<Record<string, CommandRules>> = Object.fromEntries([
  ...commandsOf('DOWNSTREAM'),
  ...commandsOf('UPSTREAM'),
  ['UPSTREAM_SERVER_NAME', textCommand(sides.UPSTREAM, ({ serverName }) => serverName)],
]);
