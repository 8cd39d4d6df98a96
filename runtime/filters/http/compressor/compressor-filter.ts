/**
 * `envoy.filters.http.compressor`: compresses responses that clients take compressed, and requests where that is asked for.
 */
import type { HeaderList } from '../../../common/header-list.js';
import { getHeader, removeHeader, replaceHeader } from '../../../common/header-list.js';
import { messageOf } from '../../../common/message-fields.js';
import type { SupportedFields } from '../../../config/supported-fields.js';
import { onlyValues } from '../../../config/supported-fields.js';
import type { TranscoderTarget } from '../../../http/body-transcoder.js';
import { BodyTranscoder } from '../../../http/body-transcoder.js';
import type { RequestHead, ResponseHead } from '../../../http/codec.js';
import type {
  FilterStatus,
  HttpFilterFactory,
  StreamFilter,
  StreamFilterCallbacks,
  StreamFilterContext,
} from '../../../http/filter.js';
import { chooseEncoding } from './choose-encoding.js';
import { compressorLibrarySupportedFields } from './compile-compressor-library.js';
import type { CompressorConfig, CompressorRoute, DirectionConfig } from './compile-compressor.js';
import { compileCompressor, compileCompressorRoute, mediaType } from './compile-compressor.js';

const message = 'envoy.extensions.filters.http.compressor.v3.';

/** All compressors of a chain, in its order: a client's wish is weighed against all of them. */
const compressorsOf = new WeakMap<StreamFilterContext, CompressorConfig[]>();

function hasToken(value: string | undefined, token: string): boolean {
  return value?.split(',').some((part) => part.trim().toLowerCase() === token) === true;
}

function isLongEnough(headers: HeaderList, { minContentLength, stats }: DirectionConfig): boolean {
  const length = getHeader(headers, 'content-length');
  if (length === undefined) return true;
  if (/^\d+$/.test(length) && Number(length) >= minContentLength) return true;
  stats.contentLengthTooSmall.inc();
  return false;
}

function takesType(headers: HeaderList, { takesType: takes }: DirectionConfig): boolean {
  const type = mediaType(headers);
  return type === undefined || takes(type);
}

class CompressedStream implements StreamFilter, TranscoderTarget {
  private readonly callbacks: StreamFilterCallbacks;
  private readonly config: CompressorConfig;
  private readonly all: readonly CompressorConfig[];
  private acceptEncoding: string | undefined = undefined;
  private request: BodyTranscoder | undefined = undefined;
  private response: BodyTranscoder | undefined = undefined;

  constructor(callbacks: StreamFilterCallbacks, config: CompressorConfig, all: readonly CompressorConfig[]) {
    this.callbacks = callbacks;
    this.config = config;
    this.all = all;
  }

  private get route(): CompressorRoute | undefined {
    return this.callbacks.routeConfig as CompressorRoute | undefined;
  }

  private get compressesResponses(): boolean {
    const { route } = this;
    // Overrides turn it on, as they stand for the filter's own configuration.
    return route === undefined ? this.config.response.enabled : !route.disabled;
  }

  decodeHeaders({ headers }: RequestHead, endStream: boolean): FilterStatus {
    const { config, route } = this;
    this.acceptEncoding = getHeader(headers, 'accept-encoding');
    const removes = route?.removeAcceptEncoding ?? config.response.removeAcceptEncoding;
    if (this.compressesResponses && removes) removeHeader(headers, 'accept-encoding');
    const { request } = config;
    if (
      endStream ||
      !request.enabled ||
      !isLongEnough(headers, request) ||
      !takesType(headers, request) ||
      getHeader(headers, 'content-encoding') !== undefined
    ) {
      request.stats.notCompressed.inc();
      return 'continue';
    }
    removeHeader(headers, 'content-length');
    headers.push('content-encoding', config.library.encoding);
    request.stats.compressed.inc();
    this.request = new BodyTranscoder(
      config.library.createStream(),
      true,
      new RequestTarget(this.callbacks, request),
    );
    return 'continue';
  }

  decodeData(data: Buffer, endStream: boolean): FilterStatus {
    if (this.request === undefined) return 'continue';
    this.config.request.stats.totalUncompressedBytes.add(data.length);
    this.request.push(data, endStream);
    return 'taken';
  }

  decodeTrailers(): FilterStatus {
    if (this.request === undefined) return 'continue';
    this.request.endBeforeTrailers();
    return 'stop';
  }

  encodeHeaders(head: ResponseHead, endStream: boolean): FilterStatus {
    const { headers } = head;
    const { config, route } = this;
    const { response } = config;
    const isBigEnough = this.compressesResponses && isLongEnough(headers, response);
    const isCompressible = isBigEnough && this.isCompressible(head);
    const library = route?.library ?? config.library;
    if (endStream || !isBigEnough || !this.isAccepted(headers, library.encoding) || !isCompressible) {
      response.stats.notCompressed.inc();
    } else {
      this.changeEtag(headers);
      removeHeader(headers, 'content-length');
      headers.push('content-encoding', library.encoding);
      response.stats.compressed.inc();
      this.response = new BodyTranscoder(library.createStream(), true, this);
    }
    // Caches are to know that others may get it compressed.
    if (isCompressible) this.addVary(headers);
    return 'continue';
  }

  encodeData(data: Buffer, endStream: boolean): FilterStatus {
    if (this.response === undefined) return 'continue';
    this.config.response.stats.totalUncompressedBytes.add(data.length);
    this.response.push(data, endStream);
    return 'taken';
  }

  encodeTrailers(): FilterStatus {
    if (this.response === undefined) return 'continue';
    this.response.endBeforeTrailers();
    return 'stop';
  }

  onTranscoded(data: Buffer, endStream: boolean): void {
    this.config.response.stats.totalCompressedBytes.add(data.length);
    this.callbacks.injectEncodedData(data, endStream);
  }

  onTranscodeError(): void {
    // Nothing can be wrong with octets that are only to be compressed.
  }

  onTranscodedBeforeTrailers(): void {
    this.callbacks.continueEncoding();
  }

  onDestroy(): void {
    this.request?.stop();
    this.response?.stop();
  }

  private isCompressible({ headers, status }: ResponseHead): boolean {
    const { response } = this.config;
    if (status === 101 || !takesType(headers, response)) return false;
    if (hasToken(getHeader(headers, 'cache-control'), 'no-transform')) return false;
    if (response.disableOnEtag && getHeader(headers, 'etag') !== undefined) {
      response.notCompressedEtag.inc();
      return false;
    }
    return getHeader(headers, 'content-encoding') === undefined && !response.uncompressibleCodes.has(status);
  }

  private isAccepted(headers: HeaderList, own: string): boolean {
    const { headerStats } = this.config.response;
    const type = mediaType(headers);
    const taking = this.all.filter(({ response }) => type === undefined || response.takesType(type));
    // Those that are to be chosen first, then the others, each in the order of the chain.
    const offered = [
      ...taking.filter(({ chooseFirst }) => chooseFirst),
      ...taking.filter(({ chooseFirst }) => !chooseFirst),
    ].map(({ library }) => library.encoding);
    const { encoding, reason } = chooseEncoding(this.acceptEncoding, offered);
    if (reason !== 'chosen') {
      headerStats[reason].inc();
      return reason === 'header_wildcard' && encoding === own;
    }
    if (encoding === own) headerStats.header_compressor_used.inc();
    else headerStats.header_compressor_overshadowed.inc();
    return encoding === own;
  }

  /** A strong tag would say that the octets are the same (RFC 9110 section 8.8.3). */
  private changeEtag(headers: HeaderList): void {
    const etag = getHeader(headers, 'etag');
    if (etag === undefined || /^w\//i.test(etag)) return;
    if (this.config.response.weakenEtag) replaceHeader(headers, 'etag', `W/${etag}`);
    else removeHeader(headers, 'etag');
  }

  private addVary(headers: HeaderList): void {
    const vary = getHeader(headers, 'vary');
    if (vary === undefined) headers.push('vary', 'Accept-Encoding');
    // Spelt like this, as in Envoy; otherwise it stands there twice.
    else if (!vary.split(',').some((one) => one.trim() === 'Accept-Encoding')) {
      replaceHeader(headers, 'vary', `${vary}, Accept-Encoding`);
    }
  }
}

class RequestTarget implements TranscoderTarget {
  private readonly callbacks: StreamFilterCallbacks;
  private readonly config: DirectionConfig;

  constructor(callbacks: StreamFilterCallbacks, config: DirectionConfig) {
    this.callbacks = callbacks;
    this.config = config;
  }

  onTranscoded(data: Buffer, endStream: boolean): void {
    this.config.stats.totalCompressedBytes.add(data.length);
    this.callbacks.injectDecodedData(data, endStream);
  }

  onTranscodeError(): void {
    // Nothing can be wrong with octets that are only to be compressed.
  }

  onTranscodedBeforeTrailers(): void {
    this.callbacks.continueDecoding();
  }
}

/** `envoy.extensions.filters.http.compressor.v3.Compressor`. */
export const compressorFilterFactory: HttpFilterFactory = {
  kind: 'stream',
  create(given, context) {
    const config = compileCompressor(messageOf(given), context.statPrefix, context.stats);
    const all = compressorsOf.get(context) ?? [];
    all.push(config);
    compressorsOf.set(context, all);
    return (callbacks) => new CompressedStream(callbacks, config, all);
  },
  routeConfig: { type: `${message}CompressorPerRoute`, create: compileCompressorRoute },
};

const common = {
  enabled: true,
  min_content_length: true,
  content_type: true,
  content_type_matcher: true,
} as const;

export const compressorSupportedFields: SupportedFields = {
  [`${message}Compressor`]: {
    content_length: true,
    content_type: true,
    disable_on_etag_header: true,
    remove_accept_encoding_header: true,
    runtime_enabled: true,
    compressor_library: true,
    request_direction_config: true,
    response_direction_config: true,
    choose_first: true,
  },
  [`${message}Compressor.CommonDirectionConfig`]: common,
  [`${message}Compressor.RequestDirectionConfig`]: { common_config: true },
  [`${message}Compressor.ResponseDirectionConfig`]: {
    common_config: true,
    disable_on_etag_header: true,
    weaken_etag_on_compress: true,
    remove_accept_encoding_header: true,
    uncompressible_response_codes: true,
    status_header_enabled: onlyValues(false),
  },
  [`${message}CompressorPerRoute`]: { disabled: true, overrides: true },
  [`${message}CompressorOverrides`]: { response_direction_config: true, compressor_library: true },
  [`${message}ResponseDirectionOverrides`]: { remove_accept_encoding_header: true },
  'envoy.config.core.v3.RuntimeFeatureFlag': { default_value: true, runtime_key: 'ignored' },
  ...compressorLibrarySupportedFields,
};
