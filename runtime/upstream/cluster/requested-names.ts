/**
 * `UpstreamHttpProtocolOptions`: the server name of the handshake, and the name that the certificate must have, out of
 * the request (`auto_sni`, `auto_san_validation`).
 */
import { isIP } from 'node:net';
import { getHeader } from '../../common/header-list.js';
import { messageOf, textOf } from '../../common/message-fields.js';
import type { Cluster } from './cluster.js';
import type { RequestedNames } from './upstream-tls.js';

const optionsName = 'envoy.extensions.upstreams.http.v3.HttpProtocolOptions';

/** A host without its port. */
function hostOf(authority: string): string {
  if (authority.startsWith('[')) return authority.slice(1, authority.indexOf(']'));
  // More than one colon: an address without brackets, which has no port.
  return /^([^:]*):\d*$/.exec(authority)?.[1] ?? authority;
}

/** @returns undefined when requests ask for nothing */
export function requestedNames(config: unknown): Cluster['namesOf'] {
  const fields = messageOf(config);
  const all = messageOf(messageOf(fields.typed_extension_protocol_options)[optionsName]);
  const options = messageOf(all.upstream_http_protocol_options ?? fields.upstream_http_protocol_options);
  const asksForName = options.auto_sni === true;
  const expects = options.auto_san_validation === true;
  if (!asksForName && !expects) return undefined;
  const override = textOf(options.override_auto_sni_header).toLowerCase();
  return (head): RequestedNames => {
    const given = (override === '' ? '' : getHeader(head.headers, override)) || head.authority || '';
    const name = hostOf(given);
    return {
      // An address is no server name (RFC 6066 section 3).
      ...(asksForName && isIP(name) === 0 ? { serverName: name } : {}),
      ...(expects ? { expectedNames: [name] } : {}),
    };
  };
}
