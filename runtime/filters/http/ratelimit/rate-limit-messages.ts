/**
 * The messages of `envoy.service.ratelimit.v3.RateLimitService`.
 */
import type { HeaderList } from '../../../common/header-list.js';
import { protobufFields, ProtobufWriter, readStruct } from '../../../common/protobuf.js';
import type { RateLimitEntry } from '../../../route/route-table.js';

export interface ServiceDescriptor {
  readonly entries: readonly RateLimitEntry[];
  /** undefined: that of the service. */
  readonly hits: number | undefined;
}

export interface DescriptorStatus {
  readonly overLimit: boolean;
  /** undefined: the service tells no limit. */
  readonly limit:
    | { readonly name: string; readonly requestsPerUnit: number; readonly unit: number }
    | undefined;
  readonly remaining: number;
  /** Whole seconds; undefined: not told. */
  readonly secondsUntilReset: number | undefined;
}

export interface RateLimitResponse {
  /** Every other code lets the request pass. */
  readonly overLimit: boolean;
  readonly statuses: readonly DescriptorStatus[];
  readonly responseHeaders: HeaderList;
  readonly requestHeaders: HeaderList;
  readonly body: Buffer;
  readonly metadata: Record<string, unknown> | undefined;
}

function writeDescriptor({ entries, hits }: ServiceDescriptor): Buffer {
  const descriptor = new ProtobufWriter();
  for (const { key, value } of entries) {
    descriptor.octets(1, new ProtobufWriter().text(1, key).text(2, value).finish());
  }
  if (hits !== undefined) descriptor.octets(3, new ProtobufWriter().number(1, hits).finish());
  return descriptor.finish();
}

export function writeRateLimitRequest(domain: string, descriptors: readonly ServiceDescriptor[]): Buffer {
  const request = new ProtobufWriter().text(1, domain);
  for (const descriptor of descriptors) request.octets(2, writeDescriptor(descriptor));
  return request.finish();
}

function readLimit(message: Buffer): DescriptorStatus['limit'] {
  const limit = { name: '', requestsPerUnit: 0, unit: 0 };
  for (const { field, number, octets } of protobufFields(message)) {
    if (field === 1) limit.requestsPerUnit = number;
    else if (field === 2) limit.unit = number;
    else if (field === 3) limit.name = octets.toString('utf8');
  }
  return limit;
}

function readSeconds(message: Buffer): number {
  for (const { field, number } of protobufFields(message)) if (field === 1) return number;
  return 0;
}

function readStatus(message: Buffer): DescriptorStatus {
  let overLimit = false;
  let limit: DescriptorStatus['limit'];
  let remaining = 0;
  let secondsUntilReset: number | undefined;
  for (const { field, number, octets } of protobufFields(message)) {
    if (field === 1) overLimit = number === 2;
    else if (field === 2) limit = readLimit(octets);
    else if (field === 3) remaining = number;
    else if (field === 4) secondsUntilReset = readSeconds(octets);
  }
  return { overLimit, limit, remaining, secondsUntilReset };
}

/** Appends the header; names become lower case. What could not be a header is left out. */
function readHeader(message: Buffer, headers: HeaderList): void {
  let name = '';
  let value = '';
  for (const { field, octets } of protobufFields(message)) {
    if (field === 1) name = octets.toString('latin1').toLowerCase();
    else if ((field === 2 || field === 3) && octets.length > 0) value = octets.toString('latin1');
  }
  if (/^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) && !/[\0\r\n]/.test(value)) headers.push(name, value);
}

/** @throws ProtobufError */
export function readRateLimitResponse(message: Buffer): RateLimitResponse {
  let overLimit = false;
  const statuses: DescriptorStatus[] = [];
  const responseHeaders: HeaderList = [];
  const requestHeaders: HeaderList = [];
  let body: Buffer = Buffer.alloc(0);
  let metadata: Record<string, unknown> | undefined;
  for (const { field, number, octets } of protobufFields(message)) {
    if (field === 1) overLimit = number === 2;
    else if (field === 2) statuses.push(readStatus(octets));
    else if (field === 3) readHeader(octets, responseHeaders);
    else if (field === 4) readHeader(octets, requestHeaders);
    else if (field === 5) body = Buffer.from(octets);
    else if (field === 6) metadata = readStruct(octets);
  }
  return { overLimit, statuses, responseHeaders, requestHeaders, body, metadata };
}
