/**
 * Times of log lines, in UTC: Envoy's default, and the formats of `%START_TIME(..)%` (those of `strftime`, with fractions of
 * a second as Envoy's `%3f` and the `%E3S` of its time library).
 */

const two = (value: number): string => (value < 10 ? `0${value}` : String(value));
const padded = (value: number, width: number, sign = '0'): string => String(value).padStart(width, sign);

let second = Number.NaN;
let textOfSecond = '';

/** `2026-01-31T12:00:00.000Z`. @param wallMs milliseconds since the epoch */
export function formatTime(wallMs: number): string {
  const whole = Math.floor(wallMs / 1000);
  // A server logs many lines in one second.
  if (whole !== second) {
    second = whole;
    textOfSecond = new Date(whole * 1000).toISOString().slice(0, 20);
  }
  const ms = Math.floor(wallMs - whole * 1000);
  return `${textOfSecond}${ms < 10 ? '00' : ms < 100 ? '0' : ''}${ms}Z`;
}

const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const months = 'January February March April May June July August September October November December'.split(
  ' ',
);

const dayMs = 86_400_000;
const dayOfYear = (date: Date): number =>
  Math.floor((date.getTime() - Date.UTC(date.getUTCFullYear(), 0)) / dayMs);
/** Monday is 1, Sunday 7. */
const isoDay = (date: Date): number => date.getUTCDay() || 7;
/** The Thursday of the same week says to which year an ISO week belongs. */
const isoThursday = (date: Date): Date => new Date(date.getTime() + (4 - isoDay(date)) * dayMs);
const clockHour = (date: Date): number => date.getUTCHours() % 12 || 12;

type Part = (date: Date) => string;

const monthDay: Part = (date) => `${two(date.getUTCMonth() + 1)}/${two(date.getUTCDate())}`;
const time: Part = (date) => date.toISOString().slice(11, 19);
const half: Part = (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM');
const spaced = (value: number): string => padded(value, 2, ' ');

const parts: Readonly<Record<string, Part>> = {
  Y: (date) => String(date.getUTCFullYear()),
  C: (date) => two(Math.floor(date.getUTCFullYear() / 100)),
  y: (date) => two(date.getUTCFullYear() % 100),
  G: (date) => String(isoThursday(date).getUTCFullYear()),
  g: (date) => two(isoThursday(date).getUTCFullYear() % 100),
  m: (date) => two(date.getUTCMonth() + 1),
  B: (date) => months[date.getUTCMonth()] ?? '',
  b: (date) => (months[date.getUTCMonth()] ?? '').slice(0, 3),
  h: (date) => (months[date.getUTCMonth()] ?? '').slice(0, 3),
  d: (date) => two(date.getUTCDate()),
  e: (date) => spaced(date.getUTCDate()),
  j: (date) => padded(dayOfYear(date) + 1, 3),
  A: (date) => days[date.getUTCDay()] ?? '',
  a: (date) => (days[date.getUTCDay()] ?? '').slice(0, 3),
  u: (date) => String(isoDay(date)),
  w: (date) => String(date.getUTCDay()),
  U: (date) => two(Math.floor((dayOfYear(date) + 7 - date.getUTCDay()) / 7)),
  W: (date) => two(Math.floor((dayOfYear(date) + 7 - (isoDay(date) - 1)) / 7)),
  V: (date) => two(Math.floor(dayOfYear(isoThursday(date)) / 7) + 1),
  H: (date) => two(date.getUTCHours()),
  k: (date) => spaced(date.getUTCHours()),
  I: (date) => two(clockHour(date)),
  l: (date) => spaced(clockHour(date)),
  p: half,
  M: (date) => two(date.getUTCMinutes()),
  S: (date) => two(date.getUTCSeconds()),
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  D: (date) => `${monthDay(date)}/${two(date.getUTCFullYear() % 100)}`,
  x: (date) => `${monthDay(date)}/${two(date.getUTCFullYear() % 100)}`,
  F: (date) => date.toISOString().slice(0, 10),
  R: (date) => time(date).slice(0, 5),
  T: time,
  X: time,
  r: (date) => `${two(clockHour(date))}${time(date).slice(2)} ${half(date)}`,
  c: (date) =>
    `${(parts.a as Part)(date)} ${(parts.b as Part)(date)} ${spaced(date.getUTCDate())} ${time(date)} ${date.getUTCFullYear()}`,
  z: () => '+0000',
  Z: () => 'UTC',
  t: () => '\t',
  '%': () => '%',
};

const fraction = (date: Date, digits: number): string =>
  `${padded(date.getUTCMilliseconds(), 3)}000000000000`.slice(0, digits);

/** `E3S` and its like: seconds with a fraction, the fraction alone, zones, years. */
function extendedPart(letters: string): Part | undefined {
  const found = /^E([*\d]{1,2})([Sf])$/.exec(letters);
  if (found !== null) {
    const [, width = '', kind] = found;
    // `*` prints as many digits as the time has; it is kept to microseconds here.
    const digits = width === '*' ? 6 : Number(width);
    if (Number.isNaN(digits)) return undefined;
    if (kind === 'f') return (date) => fraction(date, digits);
    return (date) => two(date.getUTCSeconds()) + (digits === 0 ? '' : `.${fraction(date, digits)}`);
  }
  if (letters === 'Ez' || letters === ':z') return () => '+00:00';
  if (letters === 'E*z') return () => '+00:00:00';
  return letters === 'E4Y' ? parts.Y : undefined;
}

/** `+0130`, or with signs between. */
function zoneText(wallMs: number, sign: string): string {
  const minutes = -new Date(wallMs).getTimezoneOffset();
  const size = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(size / 60))}${sign}${two(size % 60)}`;
}

/** Pieces that say the same whatever the zone, or say the zone, of a time in that of the machine. */
function localPart(letters: string): ((wallMs: number) => string) | undefined {
  switch (letters) {
    case 's':
      return (wallMs) => String(Math.floor(wallMs / 1000));
    case 'z':
      return (wallMs) => zoneText(wallMs, '');
    case 'Ez':
    case ':z':
      return (wallMs) => zoneText(wallMs, ':');
    case 'E*z':
      return (wallMs) => `${zoneText(wallMs, ':')}:00`;
    default:
      return undefined;
  }
}

/** The same clock, read in UTC. */
const shifted = (wallMs: number): number => wallMs - new Date(wallMs).getTimezoneOffset() * 60_000;

/** What says the zone, or is the same in all of them, stands between the captured pieces of the rest. */
function compileLocalFormat(format: string): (wallMs: number) => string {
  const pieces = format.split(/(%(?:s|z|Ez|:z|E\*z|%))/).map((piece, at) => {
    const local = at % 2 === 1 ? localPart(piece.slice(1)) : undefined;
    if (local !== undefined) return local;
    const compiled = compileTimeFormat(piece);
    return (wallMs: number) => compiled(shifted(wallMs));
  });
  return (wallMs) => pieces.map((piece) => piece(wallMs)).join('');
}

/**
 * @param isLocal in the time zone of the machine, where `%Z` says no name but the distance from UTC
 * @returns a function of milliseconds since the epoch; what is no conversion stays as it is
 */
export function compileTimeFormat(format: string, isLocal = false): (wallMs: number) => string {
  if (isLocal) return compileLocalFormat(format);
  const pieces: (string | Part)[] = [];
  for (const [piece] of format.matchAll(/%(?::z|E(?:\*|\d{1,2})?[SfzY]|[1-9]f|[A-Za-z%])|[^%]+|%/g)) {
    const letters = piece[0] === '%' ? piece.slice(1) : '';
    const width = /^([1-9]?)f$/.exec(letters);
    if (width !== null) pieces.push((date) => fraction(date, width[1] === '' ? 9 : Number(width[1])));
    else pieces.push((letters.length === 1 ? parts[letters] : extendedPart(letters)) ?? piece);
  }
  return (wallMs) => {
    const date = new Date(wallMs);
    let out = '';
    for (const piece of pieces) out += typeof piece === 'string' ? piece : piece(date);
    return out;
  };
}
