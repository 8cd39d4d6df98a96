/**
 * `strict_check_headers`: steering headers of callers that make no sense are told to them, instead of being passed over.
 */
import type { Fields } from '../../../common/message-fields.js';
import { getHeader } from '../../../common/header-list.js';

const tokens: Readonly<Record<string, ReadonlySet<string>>> = {
  'x-envoy-retry-on': new Set([
    '5xx',
    'gateway-error',
    'connect-failure',
    'envoy-ratelimited',
    'retriable-4xx',
    'refused-stream',
    'retriable-status-codes',
    'retriable-headers',
    'reset',
    'reset-before-request',
    'http3-post-connect-failure',
  ]),
  'x-envoy-retry-grpc-on': new Set([
    'cancelled',
    'deadline-exceeded',
    'internal',
    'resource-exhausted',
    'unavailable',
  ]),
};

function isValid(name: string, value: string): boolean {
  const known = tokens[name];
  if (known === undefined) return /^\d{1,19}$/.test(value);
  return value.split(',').every((token) => known.has(token.trim()));
}

/** @returns the name of the first header that is wrong; undefined when all are right, or absent */
export type StrictCheck = (headers: readonly string[]) => string | undefined;

/** @param config of the router. @returns undefined when nothing is to be checked */
export function compileStrictCheck(config: Fields): StrictCheck | undefined {
  const names = (config.strict_check_headers ?? []) as readonly string[];
  if (names.length === 0) return undefined;
  return (headers) =>
    names.find((name) => {
      const value = getHeader(headers, name);
      return value !== undefined && !isValid(name, value);
    });
}
