/** Frames of HTTP/2 (RFC 9113 sections 4 and 6): their numbers, and how they are written. */

export const DATA = 0;
export const HEADERS = 1;
export const PRIORITY = 2;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;

// Flags.
export const END_STREAM = 0x1;
export const ACK = 0x1;
export const END_HEADERS = 0x4;
export const PADDED = 0x8;
export const HAS_PRIORITY = 0x20;

// Settings (RFC 9113 section 6.5.2, RFC 8441).
export const HEADER_TABLE_SIZE = 1;
export const ENABLE_PUSH = 2;
export const MAX_CONCURRENT_STREAMS = 3;
export const INITIAL_WINDOW_SIZE = 4;
export const MAX_FRAME_SIZE = 5;
export const ENABLE_CONNECT_PROTOCOL = 8;

// Error codes (RFC 9113 section 7).
export const NO_ERROR = 0;
export const PROTOCOL_ERROR = 1;
export const INTERNAL_ERROR = 2;
export const FLOW_CONTROL_ERROR = 3;
export const STREAM_CLOSED = 5;
export const FRAME_SIZE_ERROR = 6;
export const REFUSED_STREAM = 7;
export const CANCEL = 8;
export const COMPRESSION_ERROR = 9;
export const CONNECT_ERROR = 10;
export const ENHANCE_YOUR_CALM = 11;

export const frameHeaderOctets = 9;
/** Of frames in either direction until the peer's SETTINGS say more; ours never do. */
export const defaultMaxFrameSize = 16384;
export const defaultWindow = 65535;
export const maxWindow = 2 ** 31 - 1;
export const clientPreface = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';

/** The nine octets before a payload, as latin1 text. */
export function frameHeader(length: number, type: number, flags: number, streamId: number): string {
  return String.fromCharCode(
    length >>> 16,
    (length >>> 8) & 0xff,
    length & 0xff,
    type,
    flags,
    streamId >>> 24,
    (streamId >>> 16) & 0xff,
    (streamId >>> 8) & 0xff,
    streamId & 0xff,
  );
}

/** Four octets, most significant first, as latin1 text. */
export function uint32(value: number): string {
  return String.fromCharCode(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}

export function settingsFrame(settings: readonly (readonly [id: number, value: number])[]): string {
  let payload = '';
  for (const [id, value] of settings) payload += String.fromCharCode(0, id) + uint32(value);
  return frameHeader(payload.length, SETTINGS, 0, 0) + payload;
}

export function goAwayFrame(lastStreamId: number, errorCode: number): string {
  return frameHeader(8, GOAWAY, 0, 0) + uint32(lastStreamId) + uint32(errorCode);
}

export function resetFrame(streamId: number, errorCode: number): string {
  return frameHeader(4, RST_STREAM, 0, streamId) + uint32(errorCode);
}

export function windowUpdateFrame(streamId: number, increment: number): string {
  return frameHeader(4, WINDOW_UPDATE, 0, streamId) + uint32(increment);
}
