/**
 * Heads -> header blocks. Connection-specific fields of the list are the other codec's business and left out
 * (RFC 9113 section 8.2.2); no value that could be read as another field is ever written.
 */
import type { HeaderList } from '../../common/header-list.js';
import type { RequestHead } from '../codec.js';
import type { HpackEncoder } from './hpack-encoder.js';

const omitted: ReadonlySet<string> = new Set([
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
]);

const statusTexts: readonly string[] = Array.from({ length: 600 }, (_, status) => String(status));

function fieldsBlock(encoder: HpackEncoder, headers: HeaderList): string {
  let block = '';
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string;
    const value = headers[at + 1] as string;
    if (omitted.has(name) || (name === 'te' && value !== 'trailers')) continue;
    block += encoder.field(name, value);
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
