/** `envoy.filters.listener.proxy_protocol`: the addresses that a proxy in front tells are those of the connection. */
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf } from '../common/message-fields.js';
import type { ProxyTlv } from '../network/proxy-protocol/proxy-header.js';
import { maxProxyLine, readProxyHeader } from '../network/proxy-protocol/read-proxy-header.js';
import { passedTlvs } from '../network/proxy-protocol/passed-tlvs.js';
import type { StatsScope } from '../stats/stat.js';
import type { Findings, ListenerFilter } from './listener-filter.js';

const defaultNamespace = 'envoy.filters.listener.proxy_protocol';

interface TlvRule {
  readonly type: number;
  readonly namespace: string;
  readonly key: string;
  readonly base64: boolean;
}

function readRules(config: Fields): readonly TlvRule[] {
  return messagesOf(config.rules).flatMap(({ on_tlv_present, tlv_type }) => {
    if (on_tlv_present === undefined) return [];
    const { key, metadata_namespace, value_string_encoding } = messageOf(on_tlv_present);
    return [
      {
        type: numberOf(tlv_type, 0),
        namespace: textOf(metadata_namespace) || defaultNamespace,
        key: textOf(key),
        base64: value_string_encoding === 'BASE64',
      },
    ];
  });
}

function tellRules(rules: readonly TlvRule[], tlvs: readonly ProxyTlv[], findings: Findings): void {
  for (const { type, value } of tlvs) {
    for (const rule of rules) {
      if (rule.type !== type) continue;
      // What is no UTF-8 becomes a sign for it; Envoy writes an exclamation mark.
      const text = rule.base64 ? value.toString('base64') : value.toString('utf8').replaceAll('\ufffd', '!');
      const before = findings.dynamicMetadata;
      findings.dynamicMetadata = {
        ...before,
        [rule.namespace]: { ...before?.[rule.namespace], [rule.key]: text },
      };
    }
  }
}

function createStats(config: Fields, scope: StatsScope) {
  const prefix = textOf(config.stat_prefix);
  const start = prefix === '' ? 'proxy_proto.' : `proxy_proto.${prefix}.`;
  const counter = (name: string) => scope.counter(start + name);
  const ofVersion = (version: string) => ({
    found: counter(`versions.${version}.found`),
    disallowed: counter(`versions.${version}.disallowed`),
    error: counter(`versions.${version}.error`),
  });
  return {
    1: ofVersion('v1'),
    2: ofVersion('v2'),
    notFoundAllowed: counter('not_found_allowed'),
    notFoundDisallowed: counter('not_found_disallowed'),
  };
}

export function createProxyProtocolFilter(config: Fields, scope: StatsScope): ListenerFilter {
  const stats = createStats(config, scope);
  const rules = readRules(config);
  const passes = passedTlvs(config.pass_through_tlvs);
  const allowsNone = config.allow_requests_without_proxy_protocol === true;
  const disallowed = new Set((config.disallowed_versions ?? []) as readonly string[]);
  return {
    inspect(octets, findings) {
      const header = readProxyHeader(octets);
      if (header === 'more') return 'more';
      if (header === 'absent') {
        // Envoy waits for a whole line before it refuses one.
        if (!allowsNone && octets.length < maxProxyLine && !octets.includes('\r\n')) return 'more';
        (allowsNone ? stats.notFoundAllowed : stats.notFoundDisallowed).inc();
        return allowsNone ? 0 : 'close';
      }
      if ('malformed' in header) {
        stats[header.malformed].error.inc();
        return 'close';
      }
      stats[header.version].found.inc();
      if (disallowed.has(`V${header.version}`)) {
        stats[header.version].disallowed.inc();
        return 'close';
      }
      findings.proxied = header.addresses;
      findings.tlvs = header.tlvs.filter(({ type }) => passes(type));
      tellRules(rules, header.tlvs, findings);
      return header.length;
    },
  };
}
