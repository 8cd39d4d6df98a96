/**
 * Numbers of `grpc-status` that stand for a failure of the server, by the HTTP status that Envoy takes each for: UNKNOWN,
 * DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS.
 */
const serverErrors: ReadonlySet<number> = new Set([2, 4, 12, 13, 14, 15]);

/** @param status `grpc-status`; a response without one has failed */
export function isGrpcError(status: string | undefined): boolean {
  if (status === undefined || !/^\d+$/.test(status)) return true;
  const number = Number(status);
  return number > 16 || serverErrors.has(number);
}
