/**
 * `google.protobuf.Duration` in its ProtoJSON form, as Envoy 1.40 reads it: `"1s"`, `"0.25s"`, `"-1.5s"`. No other unit,
 * no sign `+`, no space, at most nine decimals, at most 315,576,000,000 seconds either way.
 */

const pattern = /^(-?)(\d+)(?:\.(\d{1,9}))?s$/;
const maxSeconds = 315_576_000_000;

export interface DurationParts {
  readonly seconds: number;
  /** Same sign as `seconds`. */
  readonly nanos: number;
}

/** @returns undefined when the text is not a duration. */
export function parseDuration(text: string): DurationParts | undefined {
  const match = pattern.exec(text);
  if (match === null) return undefined;
  const sign = match[1] === '-' ? -1 : 1;
  const seconds = Number(match[2]);
  if (seconds > maxSeconds) return undefined;
  const nanos = Number((match[3] ?? '').padEnd(9, '0'));
  return { seconds: seconds * sign, nanos: nanos === 0 ? 0 : nanos * sign };
}

/** The canonical spelling: no decimals, or three, six or nine (ProtoJSON). */
export function formatDuration({ seconds, nanos }: DurationParts): string {
  const sign = seconds < 0 || nanos < 0 ? '-' : '';
  const whole = Math.abs(seconds);
  if (nanos === 0) return `${sign}${whole}s`;
  const digits = String(Math.abs(nanos)).padStart(9, '0');
  return `${sign}${whole}.${digits.replace(/(?:000){1,2}$/, '')}s`;
}

/**
 * Milliseconds, with fractions, of a duration that was read before.
 * @throws RangeError when the text is not a duration
 */
export function durationMs(text: string): number {
  const parts = parseDuration(text);
  if (parts === undefined) throw new RangeError(`not a duration: '${text}'`);
  return parts.seconds * 1000 + parts.nanos / 1e6;
}

/** Orders two durations like numbers do. */
export function compareDurations(left: DurationParts, right: DurationParts): number {
  return left.seconds - right.seconds || left.nanos - right.nanos;
}
