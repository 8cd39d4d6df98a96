/**
 * `--log-format`: a line of the application log after a pattern in the language of spdlog, which Envoy's log uses.
 */
import type { LogLevel } from './logger.js';

/** Envoy's default without the position in its sources. */
export const defaultLogFormat = '[%Y-%m-%d %T.%e][%t][%l][%n] %v';

export interface LogLine {
  /** Wall-clock milliseconds since the epoch. */
  readonly time: number;
  readonly level: LogLevel;
  readonly logger: string;
  readonly text: string;
}

/** The line without its end. */
export type LogLineFormat = (line: LogLine) => string;

type Part = (line: LogLine, local: Date) => string;

const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`);
const three = (value: number): string => `${value}`.padStart(3, '0');
const clockTime = (date: Date): string =>
  `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
const nothing: Part = () => '';

function zone(date: Date): string {
  const minutes = -date.getTimezoneOffset();
  const distance = Math.abs(minutes);
  return `${minutes < 0 ? '-' : '+'}${two(Math.floor(distance / 60))}:${two(distance % 60)}`;
}

/** Newlines and other controls as C escapes, so that an entry is one line. */
function escapeControls(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f]/g, (control) => {
    const known = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }[control];
    return known ?? `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`;
  });
}

/** Times are local, as Envoy's. What names a place in Envoy's sources is empty: there is none. */
const flags: Readonly<Record<string, Part>> = {
  v: ({ text }) => text,
  // Two flags that Envoy adds: the text in one line.
  _: ({ text }) => escapeControls(text),
  j: ({ text }) => JSON.stringify(text).slice(1, -1),
  t: () => `${process.pid}`,
  P: () => `${process.pid}`,
  l: ({ level }) => level,
  L: ({ level }) => (level[0] as string).toUpperCase(),
  n: ({ logger }) => logger,
  Y: (_line, date) => `${date.getFullYear()}`,
  C: (_line, date) => two(date.getFullYear() % 100),
  m: (_line, date) => two(date.getMonth() + 1),
  d: (_line, date) => two(date.getDate()),
  H: (_line, date) => two(date.getHours()),
  M: (_line, date) => two(date.getMinutes()),
  S: (_line, date) => two(date.getSeconds()),
  T: (_line, date) => clockTime(date),
  X: (_line, date) => clockTime(date),
  R: (_line, date) => clockTime(date).slice(0, 5),
  e: ({ time }) => three(Math.floor(time) % 1000),
  f: ({ time }) => `${three(Math.floor(time) % 1000)}000`,
  F: ({ time }) => `${three(Math.floor(time) % 1000)}000000`,
  E: ({ time }) => `${Math.floor(time / 1000)}`,
  z: (_line, date) => zone(date),
  '%': () => '%',
  g: nothing,
  s: nothing,
  '#': nothing,
  '!': nothing,
  '@': nothing,
  '^': nothing,
  $: nothing,
};

/** @param pattern flags that are not known stay as they are written, as in Envoy */
export function compileLogLineFormat(pattern: string): LogLineFormat {
  const parts: (string | Part)[] = [];
  let at = 0;
  for (const { 0: written, 1: flag = '', index } of pattern.matchAll(/%(.)/g)) {
    if (index > at) parts.push(pattern.slice(at, index));
    parts.push(flags[flag] ?? written);
    at = index + written.length;
  }
  parts.push(pattern.slice(at));
  return (line) => {
    const local = new Date(line.time);
    let text = '';
    for (const part of parts) text += typeof part === 'string' ? part : part(line, local);
    return text;
  };
}
