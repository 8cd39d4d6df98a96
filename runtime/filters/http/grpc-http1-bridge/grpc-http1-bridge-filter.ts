/**
 * `envoy.filters.http.grpc_http1_bridge`: lets clients over HTTP/1.1, which see no trailers, make unary gRPC calls: the
 * response is kept until its trailers are there, and they become headers.
 */
import type { HeaderList } from '../../../common/header-list.js';
import { getHeader, replaceHeader } from '../../../common/header-list.js';
import type { SupportedFields } from '../../../config/supported-fields.js';
import { onlyValues } from '../../../config/supported-fields.js';
import type { RequestHead, ResponseHead } from '../../../http/codec.js';
import type { FilterStatus, HttpFilterFactory, StreamFilter } from '../../../http/filter.js';
import { isGrpcContentType } from '../../../http/local-reply.js';

/** Of a call whose `grpc-status` is not 0. */
const failedStatus = 503;

class BridgedStream implements StreamFilter {
  private isBridged = false;
  private head: ResponseHead | undefined = undefined;
  private length = 0;

  decodeHeaders({ headers, protocol }: RequestHead): FilterStatus {
    this.isBridged = protocol !== 'HTTP/2' && isGrpcContentType(getHeader(headers, 'content-type'));
    return 'continue';
  }

  encodeHeaders(head: ResponseHead, endStream: boolean): FilterStatus {
    if (!this.isBridged || endStream) return 'continue';
    this.head = head;
    return 'stop';
  }

  encodeData(data: Buffer, endStream: boolean): FilterStatus {
    if (!this.isBridged) return 'continue';
    this.length += data.length;
    return endStream ? 'continue' : 'stop';
  }

  encodeTrailers(trailers: HeaderList): FilterStatus {
    const { head } = this;
    if (head === undefined) return 'continue';
    const status = getHeader(trailers, 'grpc-status');
    const message = getHeader(trailers, 'grpc-message');
    if (status !== undefined) {
      if (!/^\s*[+-]?0+\s*$/.test(status)) head.status = failedStatus;
      replaceHeader(head.headers, 'grpc-status', status);
    }
    if (message !== undefined) replaceHeader(head.headers, 'grpc-message', message);
    replaceHeader(head.headers, 'content-length', String(this.length));
    return 'continue';
  }
}

const message = 'envoy.extensions.filters.http.grpc_http1_bridge.v3.Config';

/** `envoy.extensions.filters.http.grpc_http1_bridge.v3.Config`. */
export const grpcHttp1BridgeFilterFactory: HttpFilterFactory = {
  kind: 'stream',
  create: () => () => new BridgedStream(),
};

export const grpcHttp1BridgeSupportedFields: SupportedFields = {
  [message]: {
    upgrade_protobuf_to_grpc: onlyValues(false),
    // Of no effect without the upgrade.
    ignore_query_parameters: 'ignored',
  },
};
