import type { Shape } from '../filter/compile-filter.js';
import { compileFilter } from '../filter/compile-filter.js';
import { FilterError } from '../filter/parse-filter.js';
import { ApiError } from './endpoint.js';

/**
 * `?filter=` as a test of the objects of a reply.
 * @throws ApiError 500, which is how Consul answers a wrong filter
 */
export function requestFilter(query: URLSearchParams, shape: Shape): (object: unknown) => boolean {
  try {
    return compileFilter(query.get('filter') ?? '', shape);
  } catch (error) {
    if (!(error instanceof FilterError)) throw error;
    throw new ApiError(500, `Failed to create boolean expression evaluator: ${error.message}`);
  }
}
