import { numberAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { openManagers } from '../open-addresses.js';

/**
 * # no-large-header-limit
 *
 * Headers are held in memory for as long as a request lives. 60 KiB and 100 headers, the defaults, are enough for nearly
 * everybody; megabytes at the edge are memory that anybody may fill.
 *
 * Wrong:
 *
 * ```yaml hcm
 * max_request_headers_kb: 8192
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * max_request_headers_kb: 96
 * ```
 *
 * Source: HttpConnectionManager.max_request_headers_kb.
 */
export const noLargeHeaderLimit: LintRule<'no-large-header-limit'> = {
  name: 'no-large-header-limit',
  pack: 'edge',
  summary: 'an open listener takes headers of moderate size only',
  severity: 'off',
  options: { maxKilobytes: 96, maxCount: 1000 },
  *check(view, { maxKilobytes, maxCount }) {
    for (const manager of openManagers(view)) {
      const size = numberAt(manager.value.max_request_headers_kb) ?? 0;
      if (size > maxKilobytes) {
        yield {
          path: [...manager.path, 'max_request_headers_kb'],
          message: `anybody may send ${size} KiB of headers with each request`,
          fix: `at most ${maxKilobytes}`,
        };
      }
      const common = manager.at('common_http_protocol_options');
      const count = numberAt(common.value.max_headers_count) ?? 0;
      if (count > maxCount) {
        yield {
          path: [...common.path, 'max_headers_count'],
          message: `anybody may send ${count} headers with each request`,
          fix: `at most ${maxCount}`,
        };
      }
    }
  },
};
