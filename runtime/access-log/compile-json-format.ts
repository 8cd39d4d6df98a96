/**
 * `json_format`: one JSON object per line, keys sorted, commands as values with their types. The object's shape is known
 * when the configuration is built, so a line is a concatenation.
 */
import { isUtf8 } from 'node:buffer';
import { isAscii, toOctets } from '../common/octet-text.js';
import type { StreamInfo } from '../common/stream-info.js';
import { under } from '../network/config-path.js';
import type { Formatter } from './access-logger.js';
import type { Value } from './format-commands.js';
import { compileJsonValue } from './formatter.js';
import { metadataJson } from './metadata-json.js';

/** The octets of a JSON value; undefined stands for null. */
type Json = string | undefined;
type JsonOf = (info: StreamInfo) => Json;

const needsNoEscape = /^[ !#-[\]-~]*$/;

/** A text as JSON. Octets that are no UTF-8 come out as Envoy has them: escaped one by one. */
export function jsonText(octets: string): string {
  if (needsNoEscape.test(octets)) return `"${octets}"`;
  if (isAscii(octets) || isUtf8(Buffer.from(octets, 'latin1'))) return JSON.stringify(octets);
  const escaped = octets.replaceAll(
    /["\\\x00-\x1f\x80-\xff]/g,
    (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `"${escaped}"`;
}

function jsonOf(value: Value | null): Json {
  if (typeof value === 'string') return jsonText(value);
  if (value === undefined || value === null) return undefined;
  return typeof value === 'object' ? toOctets(metadataJson(value)) : String(value);
}

interface Options {
  /** `omit_empty_values`: members and items without a value are left out. */
  readonly omitEmpty: boolean;
}

function joinJson(
  members: readonly { readonly key: string; readonly json: JsonOf }[],
  brackets: '{}' | '[]',
  { omitEmpty }: Options,
): JsonOf {
  const [open = '', close = ''] = brackets;
  return (info) => {
    let out = open;
    for (let at = 0; at < members.length; at++) {
      const { json, key } = members[at] as (typeof members)[number];
      const value = json(info);
      if (value === undefined && omitEmpty) continue;
      out += out.length === 1 ? key : `,${key}`;
      out += value ?? 'null';
    }
    return out + close;
  };
}

function compileValue(value: unknown, options: Options): JsonOf {
  if (typeof value === 'string') {
    const compiled = compileJsonValue(value, options.omitEmpty ? '' : '-');
    if (typeof compiled === 'string') {
      const text = jsonText(compiled);
      return () => text;
    }
    return (info) => jsonOf(compiled(info));
  }
  if (Array.isArray(value)) {
    const items = value.map((item: unknown, index) => ({
      key: '',
      json: under(() => compileValue(item, options), index),
    }));
    return joinJson(items, '[]', options);
  }
  if (typeof value === 'object' && value !== null) return compileObject(value, options);
  const text = value === null || value === undefined ? undefined : JSON.stringify(value);
  return () => text;
}

function compileObject(object: object, options: Options): JsonOf {
  const members = Object.entries(object).map(([key, value]) => ({
    octets: toOctets(key),
    json: under(() => compileValue(value, options), key),
  }));
  // Octet by octet, as Envoy sorts.
  members.sort((one, other) => (one.octets < other.octets ? -1 : 1));
  return joinJson(
    members.map(({ json, octets }) => ({ key: `${jsonText(octets)}:`, json })),
    '{}',
    options,
  );
}

/** @returns lines with their end, as octets. @throws ConfigError with the path inside the format */
export function compileJsonFormat(format: object, options: Options): Formatter {
  const json = compileObject(format, options);
  return (info) => `${json(info)}\n`;
}
