/**
 * `envoy.filters.http.decompressor`: decompresses requests and responses, and tells upstreams that it can.
 */
import { constants, createBrotliDecompress, createGunzip } from 'node:zlib';
import type { HeaderList } from '../../../common/header-list.js';
import { getHeader, removeHeader, replaceHeader } from '../../../common/header-list.js';
import type { Fields } from '../../../common/message-fields.js';
import { messageOf, numberOf, textOf, typeNameOf } from '../../../common/message-fields.js';
import type { SupportedFields } from '../../../config/supported-fields.js';
import type { TranscoderTarget, ZlibStream } from '../../../http/body-transcoder.js';
import { BodyTranscoder } from '../../../http/body-transcoder.js';
import type { RequestHead, ResponseHead } from '../../../http/codec.js';
import type {
  FilterStatus,
  HttpFilterFactory,
  StreamFilter,
  StreamFilterCallbacks,
} from '../../../http/filter.js';
import { under } from '../../../network/config-path.js';
import { ConfigError } from '../../../network/filter.js';
import type { Counter, StatsScope } from '../../../stats/stat.js';

const message = 'envoy.extensions.filters.http.decompressor.v3.Decompressor';
const gzip = 'envoy.extensions.compression.gzip.decompressor.v3.Gzip';
const brotli = 'envoy.extensions.compression.brotli.decompressor.v3.Brotli';

interface DecompressorLibrary {
  readonly encoding: string;
  readonly statPrefix: string;
  /** Counters of errors, by what zlib tells; under the name '' that of all others. */
  readonly errors: Readonly<Record<string, string>>;
  /** Counters that never count here. */
  readonly idleErrors: readonly string[];
  createStream(): ZlibStream;
}

interface Direction {
  readonly enabled: boolean;
  readonly ignoresNoTransform: boolean;
  readonly decompressed: Counter;
  readonly notDecompressed: Counter;
  readonly totalCompressedBytes: Counter;
  readonly totalUncompressedBytes: Counter;
}

interface DecompressorConfig {
  readonly library: DecompressorLibrary;
  readonly request: Direction;
  readonly response: Direction;
  readonly advertises: boolean;
  /** Counters of errors by what zlib tells; made with the first stream, as in Envoy. */
  errors(): ReadonlyMap<string, Counter>;
}

const gzipErrors: Readonly<Record<string, string>> = {
  Z_DATA_ERROR: 'zlib_data_error',
  Z_BUF_ERROR: 'zlib_buf_error',
  Z_MEM_ERROR: 'zlib_mem_error',
  Z_STREAM_ERROR: 'zlib_stream_error',
  Z_ERRNO: 'zlib_errno',
  Z_VERSION_ERROR: 'zlib_version_error',
};

/** @throws ConfigError with the path inside the extension */
function compileLibrary(given: unknown): DecompressorLibrary {
  const { name, typed_config } = messageOf(given);
  const config = messageOf(typed_config);
  const chunkSize = numberOf(config.chunk_size, 4096);
  if (typeNameOf(config) === gzip) {
    // zlib takes the greatest window for a smaller one as well.
    // What is cut off at its end is no error, as in Envoy: the client sees that it is short.
    const options = {
      chunkSize,
      windowBits: numberOf(config.window_bits, 15),
      finishFlush: constants.Z_SYNC_FLUSH,
    };
    return {
      encoding: 'gzip',
      statPrefix: `${textOf(name)}.gzip.`,
      errors: gzipErrors,
      idleErrors: [],
      createStream: () => createGunzip(options),
    };
  }
  if (typeNameOf(config) === brotli) {
    return {
      encoding: 'br',
      statPrefix: `${textOf(name)}.brotli.`,
      errors: { '': 'brotli_error' },
      idleErrors: ['brotli_output_overflow', 'brotli_redundant_input'],
      createStream: () => createBrotliDecompress({ chunkSize }),
    };
  }
  throw new ConfigError(`the decompressor ${typeNameOf(config)} needs real Envoy`, ['typed_config'], true);
}

function errorCounters(
  { errors, idleErrors }: DecompressorLibrary,
  prefix: string,
  scope: StatsScope,
): ReadonlyMap<string, Counter> {
  for (const name of idleErrors) scope.counter(prefix + name);
  return new Map(Object.entries(errors).map(([code, name]) => [code, scope.counter(prefix + name)]));
}

function compileDirection(config: Fields, prefix: string, scope: StatsScope): Direction {
  const { enabled, ignore_no_transform_header } = messageOf(config.common_config);
  return {
    enabled: enabled === undefined || messageOf(enabled).default_value === true,
    ignoresNoTransform: ignore_no_transform_header === true,
    decompressed: scope.counter(`${prefix}decompressed`),
    notDecompressed: scope.counter(`${prefix}not_decompressed`),
    totalCompressedBytes: scope.counter(`${prefix}total_compressed_bytes`),
    totalUncompressedBytes: scope.counter(`${prefix}total_uncompressed_bytes`),
  };
}

const isToken = (text: string, token: string): boolean => text.trim().toLowerCase() === token;

/** Takes the outermost encoding off when it is ours. @returns false when it is another one */
function takeEncoding(headers: HeaderList, encoding: string): boolean {
  const all = getHeader(headers, 'content-encoding')?.split(',') ?? [];
  if (!isToken(all[0] ?? '', encoding)) return false;
  const rest = all.slice(1).join(',').trim();
  if (rest === '') removeHeader(headers, 'content-encoding');
  else replaceHeader(headers, 'content-encoding', rest);
  return true;
}

/** One direction of a stream. */
class Decompression implements TranscoderTarget {
  private readonly direction: Direction;
  private readonly errors: ReadonlyMap<string, Counter>;
  private readonly give: (data: Buffer, endStream: boolean) => void;
  private readonly goOn: () => void;
  private readonly transcoder: BodyTranscoder;

  constructor(
    stream: ZlibStream,
    direction: Direction,
    errors: ReadonlyMap<string, Counter>,
    give: (data: Buffer, endStream: boolean) => void,
    goOn: () => void,
  ) {
    this.direction = direction;
    this.errors = errors;
    this.give = give;
    this.goOn = goOn;
    this.transcoder = new BodyTranscoder(stream, false, this);
  }

  push(data: Buffer, endStream: boolean): FilterStatus {
    this.direction.totalCompressedBytes.add(data.length);
    this.transcoder.push(data, endStream);
    return 'taken';
  }

  trailers(): FilterStatus {
    this.transcoder.endBeforeTrailers();
    return 'stop';
  }

  stop(): void {
    this.transcoder.stop();
  }

  onTranscoded(data: Buffer, endStream: boolean): void {
    this.direction.totalUncompressedBytes.add(data.length);
    this.give(data, endStream);
  }

  onTranscodeError(code: string): void {
    (this.errors.get(code) ?? this.errors.get(''))?.inc();
  }

  onTranscodedBeforeTrailers(): void {
    this.goOn();
  }
}

class DecompressedStream implements StreamFilter {
  private readonly callbacks: StreamFilterCallbacks;
  private readonly config: DecompressorConfig;
  private request: Decompression | undefined = undefined;
  private response: Decompression | undefined = undefined;

  constructor(callbacks: StreamFilterCallbacks, config: DecompressorConfig) {
    this.callbacks = callbacks;
    this.config = config;
  }

  decodeHeaders({ headers }: RequestHead, endStream: boolean): FilterStatus {
    const { callbacks, config } = this;
    if (config.response.enabled && config.advertises) this.advertise(headers);
    if (endStream || !this.takes(headers, config.request)) return 'continue';
    this.request = new Decompression(
      config.library.createStream(),
      config.request,
      config.errors(),
      (data, end) => callbacks.injectDecodedData(data, end),
      () => callbacks.continueDecoding(),
    );
    return 'continue';
  }

  decodeData(data: Buffer, endStream: boolean): FilterStatus {
    return this.request?.push(data, endStream) ?? 'continue';
  }

  decodeTrailers(): FilterStatus {
    return this.request?.trailers() ?? 'continue';
  }

  encodeHeaders({ headers }: ResponseHead, endStream: boolean): FilterStatus {
    const { callbacks, config } = this;
    if (endStream || !this.takes(headers, config.response)) return 'continue';
    this.response = new Decompression(
      config.library.createStream(),
      config.response,
      config.errors(),
      (data, end) => callbacks.injectEncodedData(data, end),
      () => callbacks.continueEncoding(),
    );
    return 'continue';
  }

  encodeData(data: Buffer, endStream: boolean): FilterStatus {
    return this.response?.push(data, endStream) ?? 'continue';
  }

  encodeTrailers(): FilterStatus {
    return this.response?.trailers() ?? 'continue';
  }

  onDestroy(): void {
    this.request?.stop();
    this.response?.stop();
  }

  private advertise(headers: HeaderList): void {
    const { encoding } = this.config.library;
    const before = getHeader(headers, 'accept-encoding');
    const others = (before ?? '')
      .split(',')
      .map((one) => one.trim())
      .filter((one) => one !== '' && !isToken(one.split(';', 1)[0] ?? '', encoding));
    replaceHeader(headers, 'accept-encoding', [...others, encoding].join());
  }

  /** Takes the headers of a compressed message off. @returns false when it stays as it is */
  private takes(headers: HeaderList, direction: Direction): boolean {
    const noTransform = getHeader(headers, 'cache-control')
      ?.split(',')
      .some((one) => isToken(one, 'no-transform'));
    if (
      !direction.enabled ||
      (noTransform === true && !direction.ignoresNoTransform) ||
      !takeEncoding(headers, this.config.library.encoding)
    ) {
      direction.notDecompressed.inc();
      return false;
    }
    direction.decompressed.inc();
    removeHeader(headers, 'content-length');
    return true;
  }
}

/** `envoy.extensions.filters.http.decompressor.v3.Decompressor`. */
export const decompressorFilterFactory: HttpFilterFactory = {
  kind: 'stream',
  create(given, { statPrefix, stats: scope }) {
    const fields = messageOf(given);
    const library = under(() => compileLibrary(fields.decompressor_library), 'decompressor_library');
    const prefix = `${statPrefix}decompressor.${library.statPrefix}`;
    const request = messageOf(fields.request_direction_config);
    const response = messageOf(fields.response_direction_config);
    let made: ReadonlyMap<string, Counter> | undefined;
    const config: DecompressorConfig = {
      library,
      request: compileDirection(request, `${prefix}request.`, scope),
      response: compileDirection(response, `${prefix}response.`, scope),
      advertises: request.advertise_accept_encoding !== false,
      errors() {
        made ??= errorCounters(library, `${prefix}decompressor_library.`, scope);
        return made;
      },
    };
    return (callbacks) => new DecompressedStream(callbacks, config);
  },
};

export const decompressorSupportedFields: SupportedFields = {
  [message]: {
    decompressor_library: true,
    request_direction_config: true,
    response_direction_config: true,
  },
  [`${message}.CommonDirectionConfig`]: { enabled: true, ignore_no_transform_header: true },
  [`${message}.RequestDirectionConfig`]: { common_config: true, advertise_accept_encoding: true },
  [`${message}.ResponseDirectionConfig`]: { common_config: true },
  [gzip]: { window_bits: true, chunk_size: true },
  [brotli]: {
    // How the library keeps its memory.
    disable_ring_buffer_reallocation: 'ignored',
    chunk_size: true,
  },
};
