/**
 * How JSON values lie in a file: length, checksum, value; again and again. A frame that is not whole was never
 * acknowledged, and may only be the last one.
 */
import { crc32 } from 'node:zlib';

const headBytes = 8;
/** No frame is longer: a longer length is damage. */
const maxFrameBytes = 0x1000_0000;

/** One frame. @throws RangeError when the value is too long */
export function encodeFrame(value: unknown): Buffer {
  const text = Buffer.from(JSON.stringify(value), 'utf8');
  if (text.length > maxFrameBytes) throw new RangeError(`${text.length} octets are too many for one frame`);
  const frame = Buffer.allocUnsafe(headBytes + text.length);
  frame.writeUInt32BE(text.length, 0);
  frame.writeUInt32BE(crc32(text), 4);
  frame.set(text, headBytes);
  return frame;
}

export interface DecodedFrames {
  readonly values: readonly unknown[];
  /** Where the whole frames end. */
  readonly end: number;
  /** What follows is not the rest of a frame that was being written, but damage of something that was there. */
  readonly damaged: boolean;
}

/** The value of the frame at `at`, with its end; undefined when there is no whole one. */
function frameAt(octets: Buffer, at: number): { value: unknown; end: number } | undefined {
  if (at + headBytes > octets.length) return undefined;
  const length = octets.readUInt32BE(at);
  const end = at + headBytes + length;
  if (length === 0 || length > maxFrameBytes || end > octets.length) return undefined;
  const text = octets.subarray(at + headBytes, end);
  if (crc32(text) !== octets.readUInt32BE(at + 4)) return undefined;
  try {
    return { value: JSON.parse(text.toString('utf8')), end };
  } catch {
    return undefined;
  }
}

/** Whole frames from the beginning on. */
export function decodeFrames(octets: Buffer): DecodedFrames {
  const values: unknown[] = [];
  let at = 0;
  for (;;) {
    const frame = frameAt(octets, at);
    if (frame === undefined) break;
    values.push(frame.value);
    at = frame.end;
  }
  // A frame is written only when those before it are on the disk: a whole one behind a broken one means damage.
  let damaged = false;
  if (at + headBytes <= octets.length) {
    const next = at + headBytes + octets.readUInt32BE(at);
    damaged = next < octets.length && frameAt(octets, next) !== undefined;
  }
  return { values, end: at, damaged };
}
