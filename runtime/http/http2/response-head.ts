/** Fields of a response -> its head (RFC 9113 section 8.3.2). */
import type { HeaderList } from '../../common/header-list.js';
import { joinToHeader } from '../../common/inline-headers.js';
import type { ResponseHead } from '../codec.js';
import { parseContentLength } from '../http1/framing.js';
import type { HeaderField } from './header-field.js';
import { CONTENT_LENGTH, INLINE_IN_RESPONSES, MALFORMED, METHOD, PROTOCOL, STATUS } from './header-field.js';

export interface ReadResponse {
  readonly head: ResponseHead;
  /** -1 when there is none. */
  readonly contentLength: number;
}

/** @returns undefined when the response is malformed */
export function readResponseHead(fields: readonly HeaderField[]): ReadResponse | undefined {
  const first = fields[0];
  if (first === undefined || first.kind !== STATUS) return undefined;
  const headers: HeaderList = [];
  let contentLength = -1;
  for (let at = 1; at < fields.length; at++) {
    const { inline, kind, name, value } = fields[at] as HeaderField;
    if (kind === MALFORMED || (kind >= METHOD && kind <= PROTOCOL)) return undefined;
    if (kind === CONTENT_LENGTH) {
      if (contentLength >= 0) return undefined;
      contentLength = parseContentLength(value);
      if (contentLength < 0) return undefined;
    }
    if ((inline & INLINE_IN_RESPONSES) !== 0) joinToHeader(headers, name, value);
    else headers.push(name, value);
  }
  return { head: { status: Number(first.value), headers, protocol: 'HTTP/2' }, contentLength };
}
