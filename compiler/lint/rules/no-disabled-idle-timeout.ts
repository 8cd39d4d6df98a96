import { textAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { openManagers } from '../open-addresses.js';

const isZero = (value: unknown): boolean => /^0(?:\.0+)?s$/.test(textAt(value));

/**
 * # no-disabled-idle-timeout
 *
 * An idle time-out of 0 means none: connections and streams that went away without a word (a phone in a tunnel) are kept
 * for ever. Raise it for long polls and streams, do not switch it off.
 *
 * Wrong:
 *
 * ```yaml hcm
 * stream_idle_timeout: 0s
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * stream_idle_timeout: 3600s
 * ```
 *
 * Source: HttpConnectionManager.stream_idle_timeout; HttpProtocolOptions.idle_timeout.
 */
export const noDisabledIdleTimeout: LintRule<'no-disabled-idle-timeout'> = {
  name: 'no-disabled-idle-timeout',
  pack: 'edge',
  summary: 'an open listener closes what is idle',
  severity: 'off',
  *check(view) {
    for (const manager of openManagers(view)) {
      const common = manager.at('common_http_protocol_options');
      const fix = 'raise it instead';
      if (isZero(manager.value.stream_idle_timeout)) {
        const path = [...manager.path, 'stream_idle_timeout'];
        yield { path, message: 'idle streams are kept for ever', fix };
      }
      if (isZero(common.value.idle_timeout)) {
        yield { path: [...common.path, 'idle_timeout'], message: 'idle connections are kept for ever', fix };
      }
    }
  },
};
