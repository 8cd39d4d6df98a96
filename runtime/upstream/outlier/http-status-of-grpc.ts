/**
 * The HTTP status that a gRPC status stands for (`grpcToHttpStatus`), by the number of the gRPC status.
 */
const statuses = [200, 499, 500, 400, 504, 404, 409, 403, 429, 400, 409, 400, 501, 500, 503, 500, 401];

/** @param text of `grpc-status`. @returns 500 for what is no status */
export function httpStatusOfGrpc(text: string): number {
  return /^\d{1,2}$/.test(text) ? (statuses[Number(text)] ?? 500) : 500;
}
