/**
 * `compressor_library`: the encoding, and streams that make it.
 */
import { constants, createBrotliCompress, createGzip } from 'node:zlib';
import type { Fields } from '../../../common/message-fields.js';
import { messageOf, numberOf, textOf, typeNameOf } from '../../../common/message-fields.js';
import type { SupportedFields } from '../../../config/supported-fields.js';
import type { ZlibStream } from '../../../http/body-transcoder.js';
import { ConfigError } from '../../../network/filter.js';

export interface CompressorLibrary {
  /** `gzip`, `br`. */
  readonly encoding: string;
  /** Of the statistics: `name.gzip.`. */
  readonly statPrefix: string;
  createStream(): ZlibStream;
}

const gzip = 'envoy.extensions.compression.gzip.compressor.v3.Gzip';
const brotli = 'envoy.extensions.compression.brotli.compressor.v3.Brotli';

function levelOf(level: string): number {
  if (level === 'BEST_SPEED') return constants.Z_BEST_SPEED;
  if (level === 'BEST_COMPRESSION') return constants.Z_BEST_COMPRESSION;
  return Number(/^COMPRESSION_LEVEL_(\d)$/.exec(level)?.[1] ?? constants.Z_DEFAULT_COMPRESSION);
}

const strategies: Readonly<Record<string, number>> = {
  FILTERED: constants.Z_FILTERED,
  HUFFMAN_ONLY: constants.Z_HUFFMAN_ONLY,
  RLE: constants.Z_RLE,
  FIXED: constants.Z_FIXED,
};

/** Envoy's defaults are smaller than zlib's: a proxy has many streams. */
function gzipLibrary(config: Fields, name: string): CompressorLibrary {
  const options = {
    level: levelOf(textOf(config.compression_level)),
    memLevel: numberOf(config.memory_level, 5),
    strategy: strategies[textOf(config.compression_strategy)] ?? constants.Z_DEFAULT_STRATEGY,
    windowBits: numberOf(config.window_bits, 12),
    chunkSize: numberOf(config.chunk_size, 4096),
  };
  return {
    encoding: 'gzip',
    statPrefix: `${name}.gzip.`,
    createStream: () => createGzip(options),
  };
}

const modes: Readonly<Record<string, number>> = {
  TEXT: constants.BROTLI_MODE_TEXT,
  FONT: constants.BROTLI_MODE_FONT,
};

function brotliLibrary(config: Fields, name: string): CompressorLibrary {
  const options = {
    chunkSize: numberOf(config.chunk_size, 4096),
    params: {
      [constants.BROTLI_PARAM_QUALITY]: numberOf(config.quality, 3),
      [constants.BROTLI_PARAM_MODE]: modes[textOf(config.encoder_mode)] ?? constants.BROTLI_MODE_GENERIC,
      [constants.BROTLI_PARAM_LGWIN]: numberOf(config.window_bits, 18),
      [constants.BROTLI_PARAM_LGBLOCK]: numberOf(config.input_block_bits, 24),
      [constants.BROTLI_PARAM_DISABLE_LITERAL_CONTEXT_MODELING]:
        config.disable_literal_context_modeling === true,
    },
  };
  return {
    encoding: 'br',
    statPrefix: `${name}.brotli.`,
    createStream: () => createBrotliCompress(options),
  };
}

/** @param given a `TypedExtensionConfig`. @throws ConfigError with the path inside it */
export function compileCompressorLibrary(given: unknown): CompressorLibrary {
  const { name, typed_config } = messageOf(given);
  const config = messageOf(typed_config);
  const type = typeNameOf(config);
  if (type === gzip) return gzipLibrary(config, textOf(name));
  if (type === brotli) return brotliLibrary(config, textOf(name));
  throw new ConfigError(`the compressor ${type} needs real Envoy`, ['typed_config'], true);
}

export const compressorLibrarySupportedFields: SupportedFields = {
  [gzip]: {
    memory_level: true,
    compression_level: true,
    compression_strategy: true,
    window_bits: true,
    chunk_size: true,
  },
  [brotli]: {
    quality: true,
    encoder_mode: true,
    window_bits: true,
    input_block_bits: true,
    chunk_size: true,
    disable_literal_context_modeling: true,
  },
};
