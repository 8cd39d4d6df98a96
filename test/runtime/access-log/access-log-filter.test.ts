/** Which requests a log takes. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileLogFilter } from '../../../runtime/access-log/access-log-filter.js';
import type { StreamInfo } from '../../../runtime/common/stream-info.js';
import { streamInfoOf } from '../../support/stream-info.js';

function takes(filter: object, info: Partial<StreamInfo> = {}): boolean {
  return compileLogFilter(filter as Record<string, unknown>)(streamInfoOf(info));
}

test('health checks', () => {
  assert.ok(takes({ not_health_check_filter: {} }));
  assert.not(takes({ not_health_check_filter: {} }, { isHealthCheck: true }));
});

test('gRPC statuses: told, or that of the HTTP status', () => {
  const filter = { grpc_status_filter: { statuses: ['NOT_FOUND', 'UNAVAILABLE'] } };
  assert.ok(takes(filter, { responseTrailers: ['grpc-status', '5'] }));
  assert.not(takes(filter, { responseTrailers: ['grpc-status', '0'] }));
  assert.ok(takes(filter, { responseCode: 503 }));
  const others = { grpc_status_filter: { ...filter.grpc_status_filter, exclude: true } };
  assert.not(takes(others, { responseHeaders: ['grpc-status', '5'] }));
});

test('a share of the requests, by their ids', () => {
  const of = (id: string): boolean =>
    takes(
      { runtime_filter: { runtime_key: 'k', percent_sampled: { numerator: 50 } } },
      { requestHeaders: ['x-request-id', `${id}-0000-4000-8000-000000000000`] },
    );
  assert.ok(of('00000031'), '49');
  assert.not(of('00000032'), '50');
});

test('metadata, and what counts where it is absent', () => {
  const matcher = { filter: 'n', path: [{ key: 'a' }], value: { string_match: { exact: 'x' } } };
  const of = (value: unknown, more: object = {}): boolean =>
    takes({ metadata_filter: { matcher, ...more } }, { dynamicMetadata: () => value });
  assert.ok(of('x'));
  assert.not(of('y'));
  assert.ok(of(undefined));
  assert.not(of(undefined, { match_if_key_not_found: false }));
});

test('types of lines', () => {
  const starts = { log_type_filter: { types: ['DownstreamStart'] } };
  assert.ok(takes({ log_type_filter: { types: ['DownstreamEnd'] } }));
  assert.not(takes(starts));
  assert.ok(takes(starts, { accessLogType: 'DownstreamStart' }));
  assert.not(
    takes(
      { log_type_filter: { ...starts.log_type_filter, exclude: true } },
      { accessLogType: 'DownstreamStart' },
    ),
  );
  assert.not(takes({ traceable_filter: {} }));
});

test.run();
