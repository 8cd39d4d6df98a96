/**
 * Format strings compiled to closures (Envoy's substitution format).
 */
import { toOctets } from '../common/octet-text.js';
import type { StreamInfo } from '../common/stream-info.js';
import { ConfigError } from '../network/filter.js';
import type { Formatter } from './access-logger.js';
import type { FormatCommand, FormatUse, Value, ValueOf } from './format-commands.js';
import { formatCommand } from './format-commands.js';
import { metadataJson } from './metadata-json.js';

/** Envoy's default access log line. */
export const defaultFormat =
  '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" %RESPONSE_CODE% %RESPONSE_FLAGS% ' +
  '%BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" ' +
  '"%REQ(USER-AGENT)%" "%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"\n';

/** A length is a number of 64 bits. */
const greatestLength = 2n ** 64n - 1n;

type Segment = string | FormatCommand;

const command = /%([A-Z0-9_]+)(?:\(([^)]*)\))?(?::(\d+))?%/y;

/** Plain text as octets, and commands. */
function parseFormat(format: string, use: FormatUse): readonly Segment[] {
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
    const [all, name = '', argument = '', length] = match;
    if (length !== undefined && BigInt(length) > greatestLength) {
      throw new ConfigError(
        `Incorrect configuration: ${format}. Couldn't find valid command at position ${at}`,
      );
    }
    const found = formatCommand(name, argument, length === undefined ? undefined : Number(length), use);
    if (text !== '') segments.push(toOctets(text));
    text = '';
    segments.push(found);
    at += all.length;
  }
  if (text !== '' || segments.length === 0) segments.push(toOctets(text));
  return segments;
}

/** Control characters as `\n` or `\x07`: no value can end a line, or begin another one. */
function onOneLine(text: string): string {
  if (!/[\x00-\x1f\x7f]/.test(text)) return text;
  return text.replaceAll(/[\x00-\x1f\x7f]/g, (sign) =>
    sign === '\n' ? '\\n' : sign === '\r' ? '\\r' : `\\x${sign.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}

type TextOf = (info: StreamInfo) => string;

function compileText({ unchecked, read }: FormatCommand, absent: string): TextOf {
  if (!unchecked) {
    return (info) => {
      const value = read(info);
      return typeof value === 'string' ? value : value === undefined ? absent : String(value);
    };
  }
  return (info) => {
    const value = read(info);
    if (value === undefined || value === null) return absent;
    return onOneLine(typeof value === 'object' ? toOctets(metadataJson(value)) : String(value));
  };
}

function compileSegments(segments: readonly Segment[], absent: string): TextOf {
  const parts = segments.map((segment) =>
    typeof segment === 'string' ? segment : compileText(segment, absent),
  );
  const [only] = parts;
  if (parts.length === 1) return typeof only === 'function' ? only : () => only ?? '';
  return (info) => {
    let out = '';
    for (let at = 0; at < parts.length; at++) {
      const part = parts[at] as string | TextOf;
      out += typeof part === 'string' ? part : part(info);
    }
    return out;
  };
}

/**
 * The text of a log line.
 * @param absent what stands for a value that is not there: `-`, or `''` with `omit_empty_values`
 * @returns octets. @throws ConfigError
 */
export function compileFormat(format: string, absent = '-'): Formatter {
  return compileSegments(parseFormat(format, 'log'), absent);
}

/**
 * The value of a header. Values that are not there leave nothing behind.
 * @returns octets: a text where the value is the same for all requests. @throws ConfigError
 */
export function compileHeaderFormat(format: string): string | TextOf {
  const segments = parseFormat(format, 'header');
  const [only] = segments;
  if (segments.length === 1 && typeof only === 'string') return only;
  return compileSegments(segments, '');
}

/**
 * One value of a JSON log: a lone command keeps its type, everything else is text.
 * @param absent what stands for absent values inside a text
 * @returns a text where the value is the same for all requests. @throws ConfigError
 */
export function compileJsonValue(format: string, absent: string): string | ValueOf {
  const segments = parseFormat(format, 'log');
  const [only] = segments;
  if (segments.length === 1)
    return typeof only === 'string' ? only : ((only as FormatCommand).read as ValueOf);
  return compileSegments(segments, absent) as (info: StreamInfo) => Value;
}
