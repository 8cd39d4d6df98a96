/**
 * `envoy.transport_sockets.upstream_proxy_protocol`: connections to hosts begin with a header that tells the addresses of
 * the client. It wraps the transport socket that all else is about.
 */
import type { Fields } from '../../common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf, typeNameOf } from '../../common/message-fields.js';
import { passedTlvs } from '../../network/proxy-protocol/passed-tlvs.js';
import type { ProxyTlv } from '../../network/proxy-protocol/proxy-header.js';
import { proxyBinary, proxyLine } from '../../network/proxy-protocol/write-proxy-header.js';
import type { StatsScope } from '../../stats/stat.js';
import type { DownstreamAddresses } from '../connection-pool/tcp-connector.js';

const type = 'envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport';

function wrapper(transportSocket: unknown): Fields | undefined {
  const config = messageOf(transportSocket).typed_config;
  return typeNameOf(config) === type ? messageOf(config) : undefined;
}

/** The transport socket inside, or the one that was given. */
export function innerTransportSocket(transportSocket: unknown): unknown {
  const found = wrapper(transportSocket);
  return found === undefined ? transportSocket : found.transport_socket;
}

/** Steps to it from the cluster. */
export function innerTransportSocketPath(transportSocket: unknown): readonly string[] {
  return wrapper(transportSocket) === undefined ? [] : ['transport_socket', 'typed_config'];
}

/** Whether connections begin with a header. */
export const speaksProxyProtocol = (transportSocket: unknown): boolean =>
  wrapper(transportSocket) !== undefined;

/**
 * @param statPrefix of the cluster, ends with a dot
 * @returns undefined when connections begin with nothing of that kind
 */
export function proxyProtocolPreface(
  transportSocket: unknown,
  statPrefix: string,
  scope: StatsScope,
): ((downstream: DownstreamAddresses) => Buffer) | undefined {
  const found = wrapper(transportSocket);
  if (found === undefined) return undefined;
  const tooLong = scope.counter(`${statPrefix}upstream.proxyprotocol.v2_tlvs_exceed_max_length`);
  const config = messageOf(found.config);
  if (textOf(config.version, 'V1') === 'V1') return proxyLine;
  const passes = passedTlvs(config.pass_through_tlvs);
  const added = messagesOf(config.added_tlvs).map(
    (tlv): ProxyTlv => ({
      type: numberOf(tlv.type, 0),
      value: Buffer.from(textOf(tlv.value), 'base64'),
    }),
  );
  const ownTypes = new Set(added.map((tlv) => tlv.type));
  return (downstream) => {
    const passed = (downstream.proxyTlvs ?? []).filter((tlv) => passes(tlv.type) && !ownTypes.has(tlv.type));
    return proxyBinary(downstream, [...added, ...passed], () => tooLong.inc());
  };
}
