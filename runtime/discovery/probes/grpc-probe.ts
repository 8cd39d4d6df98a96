/**
 * Asks a server by the gRPC health checking protocol, over HTTP/2 of its own: an unary call of
 * `grpc.health.v1.Health/Check`, whose messages are small enough to write by hand.
 */
import type { ClientHttp2Session, IncomingHttpHeaders } from 'node:http2';
import { connect } from 'node:http2';
import type { ProbeDefinition } from '../catalog/catalog.js';
import type { ProbeResult } from './start-probing.js';

type GrpcTarget = Extract<ProbeDefinition['target'], { kind: 'grpc' }>;

/** An answer that is longer is none. */
const maxAnswerBytes = 4096;
const servingStatuses = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'];

/** `HealthCheckRequest { string service = 1; }` behind the five octets that gRPC puts before a message. */
export function healthRequest(service: string): Buffer {
  const name = Buffer.from(service, 'utf8');
  const size: number[] = [];
  for (let left = name.length; ; left >>>= 7) {
    size.push(left > 127 ? (left & 127) | 128 : left);
    if (left <= 127) break;
  }
  const message = name.length === 0 ? Buffer.alloc(0) : Buffer.concat([Buffer.from([0x0a, ...size]), name]);
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** `HealthCheckResponse { ServingStatus status = 1; }`; undefined: the octets are no such message. */
export function readHealthResponse(octets: Buffer): number | undefined {
  if (octets.length < 5 || octets[0] !== 0) return undefined;
  const message = octets.subarray(5, 5 + octets.readUInt32BE(1));
  if (message.length === 0) return 0;
  return message[0] === 0x08 && message.length >= 2 ? message[1] : undefined;
}

function resultOf(where: string, grpcStatus: unknown, status: number | undefined): ProbeResult {
  if (grpcStatus !== undefined && grpcStatus !== '0') {
    return { status: 'critical', output: `gRPC check ${where}: status ${String(grpcStatus)}` };
  }
  if (status === 1) return { status: 'passing', output: `gRPC check ${where}: success` };
  const word = status === undefined ? 'an answer that is no health response' : servingStatuses[status];
  return { status: 'critical', output: `gRPC check ${where}: ${word ?? `status ${status}`}` };
}

/** @returns a function that cancels it */
export function probeGrpc(target: GrpcTarget, done: (result: ProbeResult) => void): () => void {
  const { host, port, service, tls } = target;
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const where = service === '' ? authority : `${authority}/${service}`;
  let open = true;
  let session: ClientHttp2Session | undefined;
  const finish = (result: ProbeResult): void => {
    if (!open) return;
    open = false;
    session?.destroy();
    done(result);
  };
  const fail = ({ message }: Error): void => finish({ status: 'critical', output: message });
  session = connect(`${tls ? 'https' : 'http'}://${authority}`, {
    rejectUnauthorized: !target.skipVerify,
    ...(target.serverName === '' ? {} : { servername: target.serverName }),
  });
  session.on('error', fail);
  session.on('close', () => finish({ status: 'critical', output: `gRPC check ${where}: connection closed` }));
  const stream = session.request({
    ':method': 'POST',
    ':path': '/grpc.health.v1.Health/Check',
    'content-type': 'application/grpc',
    te: 'trailers',
  });
  const chunks: Buffer[] = [];
  let size = 0;
  let grpcStatus: unknown;
  const take = (headers: IncomingHttpHeaders): void => {
    grpcStatus = headers['grpc-status'] ?? grpcStatus;
  };
  stream.on('error', fail);
  stream.on('response', take);
  stream.on('trailers', take);
  stream.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxAnswerBytes) chunks.push(chunk);
  });
  stream.on('end', () => finish(resultOf(where, grpcStatus, readHealthResponse(Buffer.concat(chunks)))));
  stream.end(healthRequest(service));
  return () => {
    open = false;
    session?.destroy();
  };
}
