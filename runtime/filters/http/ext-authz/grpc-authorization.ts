/**
 * An authorization service over gRPC (`envoy.service.auth.v3.Authorization`).
 */
import { ProtobufError } from '../../../common/protobuf.js';
import type { GrpcService } from '../../../upstream/grpc-service.js';
import type { AuthorizationService, Verdict } from './authorization-service.js';
import { noAnswer } from './authorization-service.js';
import type { CheckRequestOptions } from './check-request.js';
import { writeCheckRequest } from './check-request.js';
import { readCheckResponse } from './check-response.js';

const method = '/envoy.service.auth.v3.Authorization/Check';

function verdictOf(answer: Buffer | undefined): Verdict {
  if (answer === undefined) return noAnswer;
  try {
    return readCheckResponse(answer);
  } catch (error) {
    if (error instanceof ProtobufError || error instanceof RangeError) return noAnswer;
    throw error;
  }
}

/** @param timeoutMs of a call */
export function createGrpcAuthorization(
  service: GrpcService,
  timeoutMs: number,
  options: CheckRequestOptions,
): AuthorizationService {
  return {
    check(question, done) {
      const request = writeCheckRequest(question, options);
      return service.call(method, request, timeoutMs, (answer) => done(verdictOf(answer)));
    },
  };
}
