/**
 * Format strings compiled to closures (Envoy's substitution format).
 */
import type { StreamInfo } from '../common/stream-info.js';
import { ConfigError } from '../network/filter.js';
import type { Formatter } from './access-logger.js';
import type { Value, ValueOf } from './format-commands.js';
import { formatCommand } from './format-commands.js';

/** Envoy's default access log line. */
export const defaultFormat =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" ' +
  '"%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"\n';

type Segment = string | ValueOf;

const command = /%([A-Z0-9_]+)(?:\(([^)]*)\))?(?::(\d+))?%/y;

function shortened(value: ValueOf, length: number): ValueOf {
  return (info) => {
    const found = value(info);
    return found === undefined ? undefined : String(found).slice(0, length);
  };
}

/** @throws ConfigError with Envoy's words */
export function parseFormat(format: string): readonly Segment[] {
  const segments: Segment[] = [];
  let text = '';
  for (let at = 0; at < format.length; ) {
    if (format[at] !== '%') {
      text += format[at++];
      continue;
    }
    if (format[at + 1] === '%') {
      text += '%';
      at += 2;
      continue;
    }
    command.lastIndex = at;
    const match = command.exec(format);
    if (match === null) {
      throw new ConfigError(
        `Incorrect configuration: ${format}. Couldn't find valid command at position ${at}`,
      );
    }
    const [all, name = '', argument, length] = match;
    const value = formatCommand(name, argument);
    if (text !== '') segments.push(text);
    text = '';
    segments.push(length === undefined ? value : shortened(value, Number(length)));
    at += all.length;
  }
  if (text !== '' || segments.length === 0) segments.push(text);
  return segments;
}

/** @param absent what stands for a value that is not there. @throws ConfigError */
export function compileFormat(format: string, absent = '-'): Formatter {
  const segments = parseFormat(format);
  return (info) => {
    let out = '';
    for (const segment of segments) out += typeof segment === 'string' ? segment : (segment(info) ?? absent);
    return out;
  };
}

/**
 * For header values: undefined when every command of the format has no value, so that the header is left out.
 * @throws ConfigError
 */
export function compileHeaderFormat(format: string): string | ((info: StreamInfo) => string | undefined) {
  const segments = parseFormat(format);
  if (segments.every((segment) => typeof segment === 'string')) return segments.join('');
  return (info) => {
    let out = '';
    for (const segment of segments) out += typeof segment === 'string' ? segment : (segment(info) ?? '');
    return out === '' ? undefined : out;
  };
}

/** One value of a JSON log: a lone command keeps its type (numbers stay numbers, absent is null). @throws ConfigError */
export function compileJsonValue(format: string): (info: StreamInfo) => Value | null {
  const segments = parseFormat(format);
  const [only] = segments;
  if (segments.length === 1 && typeof only === 'function') return (info) => only(info) ?? null;
  return compileFormat(format);
}
