/**
 * The contract of what `ext_authz` asks: a service over HTTP or over gRPC.
 */
import type { HeaderList } from '../../../common/header-list.js';
import type { RequestHead } from '../../../http/codec.js';
import type { StreamFilterCallbacks } from '../../../http/filter.js';

export interface AuthorizationQuestion {
  readonly head: RequestHead;
  /** What was kept of the body. */
  readonly body: Buffer;
  /** The body was asked for, and there is some. */
  readonly hasBody: boolean;
  /** It need not be text (`pack_as_bytes`). */
  readonly bodyAsOctets: boolean;
  /** The request has more than that. */
  readonly isPartial: boolean;
  readonly callbacks: StreamFilterCallbacks;
  /** Of the route, for a service over gRPC. */
  readonly contextExtensions: ReadonlyMap<string, string>;
}

/** A change of a message that goes on. */
export type HeadChange<Head> = (head: Head) => void;

interface Answered {
  /** Becomes dynamic metadata; undefined: none. */
  readonly metadata: Record<string, unknown> | undefined;
}

export type Verdict =
  | (Answered & {
      readonly kind: 'allow';
      readonly changeRequest: HeadChange<RequestHead>;
      readonly changeResponse: HeadChange<HeaderList> | undefined;
      /** The request is another one now: the route is chosen again where the filter is told to. */
      readonly changesRoute: boolean;
    })
  | (Answered & {
      readonly kind: 'deny';
      readonly status: number;
      readonly body: Buffer;
      readonly headers: HeaderList;
    })
  | (Answered & {
      readonly kind: 'error';
      /** What the service wants the client to get; undefined: it has not answered, or says nothing of it. */
      readonly status: number | undefined;
      readonly body: Buffer;
      readonly headers: HeaderList;
    });

/** A question under way. */
export interface AuthorizationCall {
  /** Nobody waits any more. */
  cancel(): void;
}

export interface AuthorizationService {
  /** @param done called once, unless cancelled; perhaps before this returns */
  check(question: AuthorizationQuestion, done: (verdict: Verdict) => void): AuthorizationCall;
}

/** No answer, or none that can be understood. */
export const noAnswer: Verdict = {
  kind: 'error',
  status: undefined,
  body: Buffer.alloc(0),
  headers: [],
  metadata: undefined,
};
