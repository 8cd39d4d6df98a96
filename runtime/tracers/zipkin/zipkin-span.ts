/**
 * A finished span in the ways that a Zipkin collector takes it (API version 2): JSON and Protocol Buffers.
 */
import { jsonText } from '../../access-log/compile-json-format.js';
import { isAscii, toOctets } from '../../common/octet-text.js';
import { ProtobufWriter } from '../../common/protobuf.js';

export interface ZipkinSpan {
  /** 16 or 32 digits. */
  readonly traceId: string;
  readonly id: string;
  /** `''`: none. */
  readonly parentId: string;
  readonly kind: 'CLIENT' | 'SERVER';
  /** Octets, as all texts here. */
  readonly name: string;
  /** Microseconds. */
  readonly timestamp: number;
  readonly duration: number;
  readonly serviceName: string;
  readonly ipv4: string;
  /** Both ends of a call write into this span. */
  readonly shared: boolean;
  readonly tags: ReadonlyMap<string, string>;
  readonly annotations: readonly { readonly timestamp: number; readonly value: string }[];
}

/** JSON is UTF-8: what is not becomes a space, as in Envoy. @returns octets */
function text(octets: string): string {
  if (isAscii(octets)) return jsonText(octets);
  const decoded = Buffer.from(octets, 'latin1').toString('utf8').replaceAll('\ufffd', ' ');
  return jsonText(toOctets(decoded));
}

/** @returns octets */
function spanJson(span: ZipkinSpan): string {
  const tags: string[] = [];
  for (const [name, value] of span.tags) tags.push(`${text(name)}:${text(value)}`);
  const annotations = span.annotations.map(
    ({ timestamp, value }) => `{"timestamp":${timestamp},"value":${text(value)}}`,
  );
  const parent = span.parentId === '' ? '' : `"parentId":"${span.parentId}",`;
  return (
    `{"traceId":"${span.traceId}","id":"${span.id}",${parent}"kind":"${span.kind}",` +
    `"name":${text(span.name)},"timestamp":${span.timestamp},"duration":${span.duration},` +
    `"localEndpoint":{"serviceName":${text(span.serviceName)},"ipv4":"${span.ipv4}","port":0},` +
    `"annotations":[${annotations.join(',')}],"tags":{${tags.join(',')}}${span.shared ? ',"shared":true' : ''}}`
  );
}

export function zipkinJson(spans: readonly ZipkinSpan[]): Buffer {
  return Buffer.from(`[${spans.map(spanJson).join(',')}]`, 'latin1');
}

const octets = (text: string): Buffer => Buffer.from(text, 'latin1');

/** Envoy writes these ids, unlike those of traces, with the last octet first. */
const reversed = (id: string): Buffer => Buffer.from(id, 'hex').reverse();

function spanMessage(span: ZipkinSpan): Buffer {
  const endpoint = new ProtobufWriter().octets(1, octets(span.serviceName));
  endpoint.octets(2, Buffer.from(span.ipv4.split('.').map(Number)));
  const message = new ProtobufWriter().octets(1, Buffer.from(span.traceId, 'hex'));
  if (span.parentId !== '') message.octets(2, reversed(span.parentId));
  message
    .octets(3, reversed(span.id))
    .number(4, span.kind === 'CLIENT' ? 1 : 2)
    .octets(5, octets(span.name))
    .fixed64(6, BigInt(span.timestamp))
    .number(7, span.duration)
    .octets(8, endpoint.finish());
  for (const { timestamp, value } of span.annotations) {
    message.octets(10, new ProtobufWriter().fixed64(1, BigInt(timestamp)).octets(2, octets(value)).finish());
  }
  for (const [name, value] of span.tags) {
    message.octets(11, new ProtobufWriter().octets(1, octets(name)).octets(2, octets(value)).finish());
  }
  if (span.shared) message.number(13, 1);
  return message.finish();
}

/** `zipkin.proto3.ListOfSpans`. */
export function zipkinMessage(spans: readonly ZipkinSpan[]): Buffer {
  const list = new ProtobufWriter();
  for (const span of spans) list.octets(1, spanMessage(span));
  return list.finish();
}
