import { messageOf, textOf } from '../../common/message-fields.js';

/** `ProxyProtocolPassThroughTLVs`: which types of TLV go on; none when the message is absent. */
export function passedTlvs(config: unknown): (type: number) => boolean {
  if (config === undefined) return () => false;
  const { match_type, tlv_type } = messageOf(config);
  if (textOf(match_type, 'INCLUDE_ALL') === 'INCLUDE_ALL') return () => true;
  const types = new Set((tlv_type ?? []) as readonly number[]);
  return (type) => types.has(type);
}
