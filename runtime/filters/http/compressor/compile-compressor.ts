/**
 * `envoy.extensions.filters.http.compressor.v3.Compressor`, compiled.
 */
import type { Fields } from '../../../common/message-fields.js';
import { messageOf, messagesOf, numberOf } from '../../../common/message-fields.js';
import { getHeader } from '../../../common/header-list.js';
import { under } from '../../../network/config-path.js';
import { compileStringMatcher } from '../../../route/compile-string-matcher.js';
import type { Counter, StatsScope } from '../../../stats/stat.js';
import type { CompressorLibrary } from './compile-compressor-library.js';
import { compileCompressorLibrary } from './compile-compressor-library.js';

export interface DirectionStats {
  readonly compressed: Counter;
  readonly notCompressed: Counter;
  readonly totalUncompressedBytes: Counter;
  readonly totalCompressedBytes: Counter;
  readonly contentLengthTooSmall: Counter;
}

/** What is compressed of one direction. */
export interface DirectionConfig {
  readonly enabled: boolean;
  readonly minContentLength: number;
  /** @param type without parameters */
  takesType(type: string): boolean;
  readonly stats: DirectionStats;
}

export interface ResponseConfig extends DirectionConfig {
  readonly disableOnEtag: boolean;
  readonly weakenEtag: boolean;
  readonly removeAcceptEncoding: boolean;
  readonly uncompressibleCodes: ReadonlySet<number>;
  /** By the reason of a choice of the encoding, and what this filter has to do with it. */
  readonly headerStats: Readonly<
    Record<
      | 'no_accept_header'
      | 'header_identity'
      | 'header_wildcard'
      | 'header_not_valid'
      | 'header_compressor_used'
      | 'header_compressor_overshadowed',
      Counter
    >
  >;
  readonly notCompressedEtag: Counter;
}

export interface CompressorConfig {
  readonly library: CompressorLibrary;
  readonly request: DirectionConfig;
  readonly response: ResponseConfig;
  /** Goes before other compressors that the client likes as much. */
  readonly chooseFirst: boolean;
}

/** What a route says. */
export interface CompressorRoute {
  readonly disabled: boolean;
  readonly removeAcceptEncoding: boolean | undefined;
  readonly library: CompressorLibrary | undefined;
}

const defaultTypes: ReadonlySet<string> = new Set(
  `text/html text/plain text/css application/javascript application/x-javascript text/javascript text/x-javascript
  text/ecmascript text/js text/jscript text/x-js application/ecmascript application/x-json application/xml application/json
  image/svg+xml text/xml application/xhtml+xml`.split(/\s+/),
);

/** @returns true: whatever is not named is compressed, too */
function compileTypes(common: Fields, older: unknown): (type: string) => boolean {
  const matchers = messagesOf(common.content_type_matcher).map((matcher, index) =>
    under(() => compileStringMatcher(matcher), 'content_type_matcher', index),
  );
  if (matchers.length > 0) return (type) => matchers.some((matches) => matches(type));
  const named = (common.content_type ?? older ?? []) as readonly string[];
  const types = named.length === 0 ? defaultTypes : new Set(named);
  return (type) => types.has(type);
}

function isEnabled(flag: unknown, absent: boolean): boolean {
  return flag === undefined ? absent : messageOf(flag).default_value === true;
}

function directionStats(prefix: string, scope: StatsScope): DirectionStats {
  return {
    compressed: scope.counter(`${prefix}compressed`),
    notCompressed: scope.counter(`${prefix}not_compressed`),
    totalUncompressedBytes: scope.counter(`${prefix}total_uncompressed_bytes`),
    totalCompressedBytes: scope.counter(`${prefix}total_compressed_bytes`),
    contentLengthTooSmall: scope.counter(`${prefix}content_length_too_small`),
  };
}

/** @throws ConfigError with the path inside the message */
export function compileCompressor(config: Fields, statPrefix: string, scope: StatsScope): CompressorConfig {
  const library = under(() => compileCompressorLibrary(config.compressor_library), 'compressor_library');
  const prefix = `${statPrefix}compressor.${library.statPrefix}`;
  const request = messageOf(config.request_direction_config);
  const response = messageOf(config.response_direction_config);
  const isNewer = config.response_direction_config !== undefined;
  // The older fields count where the newer message is absent, and with names without the direction.
  const older = isNewer ? {} : config;
  const ofRequest = messageOf(request.common_config);
  const ofResponse = messageOf(response.common_config);
  const responsePrefix = isNewer ? `${prefix}response.` : prefix;
  // These have kept their place from before requests could be compressed.
  const counter = (name: string): Counter => scope.counter(prefix + name);
  return {
    library,
    chooseFirst: config.choose_first === true,
    request: {
      // Requests are compressed only where that is asked for.
      enabled: isEnabled(ofRequest.enabled, false),
      minContentLength: numberOf(ofRequest.min_content_length, 30),
      takesType: under(() => compileTypes(ofRequest, undefined), 'request_direction_config', 'common_config'),
      stats: directionStats(`${prefix}request.`, scope),
    },
    response: {
      enabled: isEnabled(ofResponse.enabled ?? older.runtime_enabled, true),
      minContentLength: numberOf(ofResponse.min_content_length ?? older.content_length, 30),
      takesType: under(
        () => compileTypes(ofResponse, older.content_type),
        'response_direction_config',
        'common_config',
      ),
      stats: directionStats(responsePrefix, scope),
      disableOnEtag: (response.disable_on_etag_header ?? older.disable_on_etag_header) === true,
      weakenEtag: response.weaken_etag_on_compress === true,
      removeAcceptEncoding:
        (response.remove_accept_encoding_header ?? older.remove_accept_encoding_header) === true,
      uncompressibleCodes: new Set((response.uncompressible_response_codes ?? []) as readonly number[]),
      headerStats: {
        no_accept_header: counter('no_accept_header'),
        header_identity: counter('header_identity'),
        header_wildcard: counter('header_wildcard'),
        header_not_valid: counter('header_not_valid'),
        header_compressor_used: counter('header_compressor_used'),
        header_compressor_overshadowed: counter('header_compressor_overshadowed'),
      },
      notCompressedEtag: counter('not_compressed_etag'),
    },
  };
}

/** @param given `CompressorPerRoute`. @throws ConfigError with the path inside the message */
export function compileCompressorRoute(given: unknown): CompressorRoute {
  const { disabled, overrides } = messageOf(given);
  const { compressor_library, response_direction_config } = messageOf(overrides);
  const remove = messageOf(response_direction_config).remove_accept_encoding_header;
  return {
    disabled: disabled === true,
    removeAcceptEncoding: typeof remove === 'boolean' ? remove : undefined,
    library:
      compressor_library === undefined
        ? undefined
        : under(() => compileCompressorLibrary(compressor_library), 'overrides', 'compressor_library'),
  };
}

/** The media type of a list's `content-type`, without parameters; undefined when it is absent. */
export function mediaType(headers: readonly string[]): string | undefined {
  return getHeader(headers, 'content-type')?.split(';', 1)[0]?.trim();
}
