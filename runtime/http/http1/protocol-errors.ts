/**
 * The refusals of the server codec: one object each, with the answers and `%RESPONSE_CODE_DETAILS%` of Envoy 1.40
 * (measured). The bodies of status 4xx and 5xx are the reason phrases.
 */
import type { ProtocolError } from '../codec.js';

function refusal(status: number, body: string, details: string): ProtocolError {
  return Object.freeze({ status, body, details });
}

const badRequest = (details: string) => refusal(400, 'Bad Request', details);
const tooLarge = (details: string) => refusal(431, 'Request Header Fields Too Large', details);

export const protocolErrors = {
  codecError: badRequest('http1.codec_error'),
  invalidCharacters: badRequest('http1.invalid_characters'),
  invalidUrl: badRequest('http1.invalid_url'),
  invalidScheme: badRequest('http1.invalid_scheme'),
  invalidAuthority: badRequest('http.invalid_authority'),
  unexpectedUnderscore: badRequest('http1.unexpected_underscore'),
  connectionHeaderRejected: badRequest('http1.connection_header_rejected'),
  bodyDisallowed: badRequest('http1.body_disallowed'),
  contentLengthAndChunked: badRequest('http1.content_length_and_chunked_not_allowed'),
  invalidTransferEncoding: refusal(501, 'Not Implemented', 'http1.invalid_transfer_encoding'),
  headersTooLarge: tooLarge('http1.headers_too_large'),
  tooManyHeaders: tooLarge('http1.too_many_headers'),
  lowVersion: refusal(426, 'Upgrade Required', 'low_version'),
} as const;
