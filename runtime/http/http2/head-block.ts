/**
 * Heads -> header blocks. What HTTP/2 does not have is left out by the encoder (RFC 9113 section 8.2.2).
 */
import type { HeaderList } from '../../common/header-list.js';
import type { RequestHead } from '../codec.js';
import type { HpackEncoder } from './hpack-encoder.js';

const statusTexts: readonly string[] = Array.from({ length: 600 }, (_, status) => String(status));

function fieldsBlock(encoder: HpackEncoder, headers: HeaderList): string {
  let block = '';
  for (let at = 0; at < headers.length; at += 2) {
    block += encoder.field(headers[at] as string, headers[at + 1] as string);
  }
  return block;
}

export function responseBlock(encoder: HpackEncoder, status: number, headers: HeaderList): string {
  const text = statusTexts[status] ?? String(status);
  return encoder.begin() + encoder.field(':status', text) + fieldsBlock(encoder, headers);
}

export function trailersBlock(encoder: HpackEncoder, trailers: HeaderList): string {
  return encoder.begin() + fieldsBlock(encoder, trailers);
}

export function requestBlock(encoder: HpackEncoder, head: RequestHead): string {
  const { authority, headers, method, path, scheme, upgrade } = head;
  const isUpgrade = upgrade !== '' && method !== 'CONNECT';
  let block = encoder.begin() + encoder.field(':method', isUpgrade ? 'CONNECT' : method);
  if (method !== 'CONNECT') block += encoder.field(':scheme', scheme);
  if (authority !== '') block += encoder.field(':authority', authority);
  if (method !== 'CONNECT') block += encoder.field(':path', path);
  if (isUpgrade) block += encoder.field(':protocol', upgrade);
  return block + fieldsBlock(encoder, headers);
}
