/** What requests say of traces: reasons in ids, B3 and W3C headers, also those that somebody has invented. */
import * as fc from 'fast-check';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { readTraceParent } from '../../../runtime/tracers/opentelemetry/trace-parent.js';
import { rejectedSpans } from '../../../runtime/tracers/opentelemetry/otlp-messages.js';
import { randomId } from '../../../runtime/tracers/random-id.js';
import { readB3 } from '../../../runtime/tracers/zipkin/b3-context.js';
import { sampleNumberOf, traceReasonOf, writeTraceReason } from '../../../runtime/tracing/trace-reason.js';

const hex = (digits: number) =>
  fc
    .array(fc.integer({ min: 0, max: 15 }), { minLength: digits, maxLength: digits })
    .map((all) => all.map((one) => one.toString(16)).join(''));
const reasons = ['not_traceable', 'random_sampling', 'service_forced', 'client_enabled'] as const;

test('a reason that is written into an id is read from it, and the rest of the id stays', () => {
  fc.assert(
    fc.property(fc.uuid(), fc.constantFrom(...reasons), (id, reason) => {
      const headers = ['x-request-id', id];
      writeTraceReason(headers, reason);
      const marked = headers[1] ?? '';
      assert.is(traceReasonOf(marked), reason);
      assert.is(marked.slice(0, 14) + marked.slice(15), id.slice(0, 14) + id.slice(15));
      assert.is(sampleNumberOf(marked), Number.parseInt(id.slice(0, 8), 16) % 10_000);
    }),
  );
});

test('what is no UUID says nothing and is not touched', () => {
  for (const id of ['', 'short', 'a'.repeat(37)]) {
    const headers = ['x-request-id', id];
    writeTraceReason(headers, 'service_forced');
    assert.is(headers[1], id);
    assert.is(traceReasonOf(id), 'not_traceable');
  }
  assert.is(traceReasonOf(undefined), 'not_traceable');
  assert.is(sampleNumberOf('zzzzzzzz'), undefined);
  assert.is(sampleNumberOf('1234567'), undefined);
});

test('both ways of B3 say the same', () => {
  fc.assert(
    fc.property(hex(16), hex(16), hex(16), hex(16), fc.boolean(), (high, low, span, parent, sampled) => {
      const flag = sampled ? '1' : '0';
      const single = readB3(['b3', `${high}${low}-${span}-${flag}-${parent}`], false);
      const several = readB3(
        ['x-b3-traceid', high + low, 'x-b3-spanid', span, 'x-b3-parentspanid', parent, 'x-b3-sampled', flag],
        false,
      );
      assert.equal(single, several);
      assert.is(single?.context?.traceId, low);
      assert.is(single?.sampled, sampled);
    }),
  );
});

test('no text of the trace headers breaks their readers', () => {
  fc.assert(
    fc.property(fc.string({ maxLength: 80 }), fc.string({ maxLength: 40 }), (one, other) => {
      for (const name of ['b3', 'x-b3-traceid', 'traceparent']) {
        const headers = [name, one, 'x-b3-spanid', other, 'x-b3-sampled', other];
        const read = readB3(headers, true);
        if (read?.context !== undefined) assert.match(read.context.spanId, /^[0-9a-f]{16}$/i);
        const parent = readTraceParent(headers);
        if (parent) assert.match(parent.traceId, /^[0-9a-f]{32}$/);
      }
    }),
  );
});

test('a traceparent is read, one that is no good is none', () => {
  const id = '4bf92f3577b34da6a3ce929d0e0e4736';
  assert.equal(readTraceParent(['traceparent', `00-${id}-00f067aa0ba902b7-01`, 'tracestate', 'a=b']), {
    traceId: id,
    spanId: '00f067aa0ba902b7',
    sampled: true,
    traceState: 'a=b',
  });
  assert.is(readTraceParent([]), null);
  for (const text of ['', '00-1-2-3', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`]) {
    assert.is(readTraceParent(['traceparent', text]), undefined);
  }
});

test('ids are drawn, all different', () => {
  const ids = new Set(Array.from({ length: 2000 }, randomId));
  assert.is(ids.size, 2000);
  for (const id of ids) assert.match(id, /^[0-9a-f]{16}$/);
});

test('the answer of a collector tells how many spans it has refused', () => {
  assert.is(rejectedSpans(Buffer.from('0a020803', 'hex')), 3);
  assert.is(rejectedSpans(Buffer.alloc(0)), 0);
  assert.is(rejectedSpans(Buffer.from('ffff', 'hex')), 0);
});

test.run();
