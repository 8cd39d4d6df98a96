/**
 * `envoy.filters.http.grpc_web`: lets browsers call gRPC services: requests become gRPC, and the trailers of responses, which
 * browsers cannot read, a last frame of the body (gRPC-Web protocol). Bodies may be base64 (`grpc-web-text`).
 */
import type { HeaderList } from '../../../common/header-list.js';
import { getHeader, removeHeader, replaceHeader } from '../../../common/header-list.js';
import type { SupportedFields } from '../../../config/supported-fields.js';
import type { RequestHead, ResponseHead } from '../../../http/codec.js';
import type {
  FilterStatus,
  HttpFilterFactory,
  StreamFilter,
  StreamFilterCallbacks,
} from '../../../http/filter.js';
import { grpcMessage, grpcStatusOfHttp, isGrpcContentType } from '../../../http/local-reply.js';
import { MessageFramer } from './message-framer.js';

const textTypes: ReadonlySet<string> = new Set([
  'application/grpc-web-text',
  'application/grpc-web-text+proto',
]);
const types: ReadonlySet<string> = new Set([
  'application/grpc-web',
  'application/grpc-web+proto',
  ...textTypes,
]);
const invalidBase64 = 'Bad gRPC-web request, invalid base64 data.';
/** What of a body that is no gRPC becomes `grpc-message`, in octets, when it comes in parts. */
const maxMessageLength = 16_384;
const trailersFlag = 0x80;

/** Already gRPC-Web, as some servers answer. */
function isGrpcWebResponse({ headers, status }: ResponseHead): boolean {
  const type = (getHeader(headers, 'content-type') ?? '').split(';', 1)[0]?.trimEnd().toLowerCase();
  return status === 200 && (type === 'application/grpc-web+proto' || type === 'application/grpc-web');
}

function isGrpcResponse({ headers, status }: ResponseHead, endStream: boolean): boolean {
  if (endStream && getHeader(headers, 'grpc-status') !== undefined) return true;
  return status === 200 && isGrpcContentType(getHeader(headers, 'content-type'));
}

function trailersFrame(trailers: HeaderList): Buffer {
  let text = '';
  for (let at = 0; at < trailers.length; at += 2) text += `${trailers[at]}:${trailers[at + 1]}\r\n`;
  const frame = Buffer.alloc(5 + text.length);
  frame[0] = trailersFlag;
  frame.writeUInt32BE(text.length, 1);
  frame.write(text, 5, 'latin1');
  return frame;
}

const base64 = (octets: Buffer): Buffer => Buffer.from(octets.toString('base64'), 'latin1');

class GrpcWebStream implements StreamFilter {
  private readonly callbacks: StreamFilterCallbacks;
  private isGrpcWeb = false;
  private isTextRequest = false;
  private isTextResponse = false;
  /** Base64 that is no multiple of four yet. */
  private undecoded = '';
  private responseHead: ResponseHead | undefined = undefined;
  /** The body is no gRPC and becomes a message. */
  private foreignBody: Buffer[] | undefined = undefined;
  private foreignLength = 0;
  private readonly framer = new MessageFramer();

  constructor(callbacks: StreamFilterCallbacks) {
    this.callbacks = callbacks;
  }

  decodeHeaders({ headers }: RequestHead): FilterStatus {
    const type = getHeader(headers, 'content-type') ?? '';
    if (!types.has(type)) return 'continue';
    this.isGrpcWeb = true;
    // The length of what is sent is another one.
    removeHeader(headers, 'content-length');
    this.isTextRequest = textTypes.has(type);
    this.isTextResponse = textTypes.has(getHeader(headers, 'accept') ?? '');
    replaceHeader(headers, 'content-type', 'application/grpc');
    replaceHeader(headers, 'te', 'trailers');
    if (getHeader(headers, 'grpc-accept-encoding') === undefined) {
      headers.push('grpc-accept-encoding', 'identity');
    }
    return 'continue';
  }

  decodeData(data: Buffer, endStream: boolean): FilterStatus {
    if (!this.isTextRequest) return 'continue';
    const text = this.undecoded + data.toString('latin1');
    if (endStream && text.length % 4 !== 0) return this.refuse('grpc_base_64_decode_failed_bad_size');
    const whole = text.slice(0, text.length - (text.length % 4));
    this.undecoded = text.slice(whole.length);
    if (!/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(whole)) {
      return this.refuse('grpc_base_64_decode_failed');
    }
    if (whole !== '' || endStream) this.callbacks.injectDecodedData(Buffer.from(whole, 'base64'), endStream);
    return 'taken';
  }

  encodeHeaders(head: ResponseHead, endStream: boolean): FilterStatus {
    if (!this.isGrpcWeb) return 'continue';
    const isForeign = !isGrpcResponse(head, endStream) && !isGrpcWebResponse(head);
    removeHeader(head.headers, 'content-length');
    const type = this.isTextResponse ? 'application/grpc-web-text+proto' : 'application/grpc-web+proto';
    replaceHeader(head.headers, 'content-type', type);
    if (endStream || !isForeign) return 'continue';
    this.responseHead = head;
    this.foreignBody = [];
    return 'stop';
  }

  encodeData(data: Buffer, endStream: boolean): FilterStatus {
    if (!this.isGrpcWeb) return 'continue';
    if (this.foreignBody !== undefined) {
      this.foreignBody.push(data);
      this.foreignLength += data.length;
      if (endStream) this.endForeign(this.foreignBody.length > 1);
      return 'taken';
    }
    if (!this.isTextResponse) return 'continue';
    const messages = this.framer.push(data);
    if (messages.length > 0 || endStream) {
      this.callbacks.injectEncodedData(Buffer.concat(messages.map(base64)), endStream);
    }
    return 'taken';
  }

  encodeTrailers(trailers: HeaderList): FilterStatus {
    if (!this.isGrpcWeb) return 'continue';
    if (this.foreignBody !== undefined) {
      this.endForeign(true);
      return 'taken';
    }
    const frame = trailersFrame(trailers);
    this.callbacks.injectEncodedData(this.isTextResponse ? base64(frame) : frame, true);
    return 'taken';
  }

  private refuse(details: string): FilterStatus {
    this.callbacks.sendLocalReply(400, invalidBase64, details);
    return 'taken';
  }

  /** @param inParts a body that came in parts is cut off */
  private endForeign(inParts: boolean): void {
    const { headers, status } = this.responseHead as ResponseHead;
    const body = Buffer.concat(this.foreignBody ?? []);
    this.foreignBody = undefined;
    const kept = inParts ? body.subarray(0, maxMessageLength) : body;
    replaceHeader(headers, 'grpc-message', grpcMessage(kept));
    replaceHeader(headers, 'grpc-status', grpcStatusOfHttp(status));
    replaceHeader(headers, 'content-length', '0');
    this.callbacks.injectEncodedData(Buffer.alloc(0), true);
  }
}

const message = 'envoy.extensions.filters.http.grpc_web.v3.GrpcWeb';

/** `envoy.extensions.filters.http.grpc_web.v3.GrpcWeb`. */
export const grpcWebFilterFactory: HttpFilterFactory = {
  kind: 'stream',
  create: () => (callbacks) => new GrpcWebStream(callbacks),
};

export const grpcWebSupportedFields: SupportedFields = { [message]: {} };
