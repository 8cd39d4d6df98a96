/**
 * `envoy.filters.http.buffer`: a request goes on when all of it is there, with its length; one that is too long is refused.
 */
import { getHeader } from '../../../common/header-list.js';
import { messageOf, numberOf } from '../../../common/message-fields.js';
import type { SupportedFields } from '../../../config/supported-fields.js';
import type { RequestHead } from '../../../http/codec.js';
import type {
  FilterStatus,
  HttpFilterFactory,
  StreamFilter,
  StreamFilterCallbacks,
} from '../../../http/filter.js';

const message = 'envoy.extensions.filters.http.buffer.v3.';

interface BufferSettings {
  /** 0: the route does not want it. */
  readonly maxRequestBytes: number;
}

function settingsOf(config: unknown): BufferSettings {
  return { maxRequestBytes: numberOf(messageOf(config).max_request_bytes, 0) };
}

class WholeRequest implements StreamFilter {
  private readonly callbacks: StreamFilterCallbacks;
  private readonly ofFilter: BufferSettings;
  private head: RequestHead | undefined = undefined;
  private length = 0;

  constructor(callbacks: StreamFilterCallbacks, ofFilter: BufferSettings) {
    this.callbacks = callbacks;
    this.ofFilter = ofFilter;
  }

  decodeHeaders(head: RequestHead, endStream: boolean): FilterStatus {
    if (endStream) return 'continue';
    const { maxRequestBytes } = (this.callbacks.routeConfig as BufferSettings | undefined) ?? this.ofFilter;
    if (maxRequestBytes === 0) return 'continue';
    this.callbacks.setBufferLimit(maxRequestBytes);
    this.head = head;
    return 'stop';
  }

  decodeData(data: Buffer, endStream: boolean): FilterStatus {
    if (this.head === undefined) return 'continue';
    this.length += data.length;
    if (!endStream) return 'stop';
    this.writeLength(this.head);
    return 'continue';
  }

  decodeTrailers(): FilterStatus {
    if (this.head !== undefined) this.writeLength(this.head);
    return 'continue';
  }

  private writeLength({ headers }: RequestHead): void {
    if (getHeader(headers, 'content-length') === undefined) {
      headers.push('content-length', String(this.length));
    }
  }
}

/** `envoy.extensions.filters.http.buffer.v3.Buffer`. */
export const bufferFilterFactory: HttpFilterFactory = {
  kind: 'stream',
  create(config) {
    const settings = settingsOf(config);
    return (callbacks) => new WholeRequest(callbacks, settings);
  },
  routeConfig: {
    type: `${message}BufferPerRoute`,
    create: (config) => settingsOf(messageOf(config).buffer),
  },
};

export const bufferSupportedFields: SupportedFields = {
  [`${message}Buffer`]: { max_request_bytes: true },
  [`${message}BufferPerRoute`]: { disabled: true, buffer: true },
};
