/**
 * `LocalReplyConfig`: what becomes of the answers that the proxy makes itself. The first mapper whose filter fits changes
 * the status, the body and the headers; a format makes the body that is sent.
 */
import type { LogFilter } from '../access-log/access-log-filter.js';
import { compileLogFilter } from '../access-log/access-log-filter.js';
import type { Formatter } from '../access-log/access-logger.js';
import { compileFormatString } from '../access-log/compile-log-format.js';
import type { HeaderList } from '../common/header-list.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, numberOf, textOf } from '../common/message-fields.js';
import type { StreamInfo } from '../common/stream-info.js';
import type { SupportedFields } from '../config/supported-fields.js';
import { under } from '../network/config-path.js';
import { readDataSource } from '../network/data-source.js';
import { compileHeaderMutation } from '../route/compile-header-mutation.js';
import type { HeaderMutation } from '../route/route-table.js';

/** A local reply on its way. */
export interface LocalReply {
  status: number;
  /** Octets. */
  body: string;
  contentType: string;
  /** The body is a line of JSON, whose end a gRPC message does without. */
  isLine: boolean;
}

/** What the rewriting looks at, and tells of its own progress to filters and formats. */
export interface LocalReplySubject extends StreamInfo {
  responseCode: number;
  responseHeaders: HeaderList;
  /** `%LOCAL_REPLY_BODY%`. */
  localReplyBody: string;
}

/** @param headers of the reply; mappers add theirs. @param reply changed in place */
export type RewriteLocalReply = (subject: LocalReplySubject, headers: HeaderList, reply: LocalReply) => void;

interface BodyFormat {
  readonly format: Formatter;
  readonly contentType: string;
  readonly isLine: boolean;
}

interface Mapper {
  readonly fits: LogFilter;
  readonly status: number | undefined;
  readonly body: string | undefined;
  readonly format: BodyFormat | undefined;
  readonly headers: HeaderMutation | undefined;
}

function compileBodyFormat(given: unknown): BodyFormat | undefined {
  if (given === undefined) return undefined;
  const config = messageOf(given);
  const isLine = config.json_format !== undefined;
  const byDefault = isLine ? 'application/json' : 'text/plain';
  return {
    format: compileFormatString(config, ''),
    contentType: textOf(config.content_type) || byDefault,
    isLine,
  };
}

function compileMapper(config: Fields): Mapper {
  const headers = { response_headers_to_add: config.headers_to_add };
  return {
    fits: under(() => compileLogFilter(messageOf(config.filter)), 'filter'),
    status: config.status_code === undefined ? undefined : numberOf(config.status_code, 200),
    body:
      config.body === undefined
        ? undefined
        : under(() => readDataSource(config.body), 'body').toString('latin1'),
    format: under(() => compileBodyFormat(config.body_format_override), 'body_format_override'),
    headers: compileHeaderMutation(headers, 'response'),
  };
}

/** @returns undefined when nothing is configured. @throws ConfigError with the path inside the message */
export function compileLocalReply(given: unknown): RewriteLocalReply | undefined {
  if (given === undefined) return undefined;
  const config = messageOf(given);
  const mappers = messagesOf(config.mappers).map((mapper, index) =>
    under(() => compileMapper(mapper), 'mappers', index),
  );
  const ofAll = under(() => compileBodyFormat(config.body_format), 'body_format');
  return (subject, headers, reply) => {
    subject.responseCode = reply.status;
    subject.responseHeaders = headers;
    const mapper = mappers.find(({ fits }) => fits(subject));
    if (mapper?.body !== undefined) reply.body = mapper.body;
    mapper?.headers?.(headers, subject);
    if (mapper?.status !== undefined) {
      reply.status = mapper.status;
      subject.responseCode = mapper.status;
    }
    const format = mapper?.format ?? ofAll;
    if (format === undefined) return;
    subject.localReplyBody = reply.body;
    reply.body = format.format(subject);
    reply.contentType = format.contentType;
    reply.isLine = format.isLine;
    subject.localReplyBody = '';
  };
}

const manager = 'envoy.extensions.filters.network.http_connection_manager.v3.';

export const localReplySupportedFields: SupportedFields = {
  [`${manager}LocalReplyConfig`]: { mappers: true, body_format: true },
  [`${manager}ResponseMapper`]: {
    filter: true,
    status_code: true,
    body: true,
    body_format_override: true,
    headers_to_add: true,
  },
};
