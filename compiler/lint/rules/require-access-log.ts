import type { LintRule } from '../lint-rule.js';
import { listenerType, managerType } from '../message-names.js';

/**
 * # require-access-log
 *
 * Without an access log nobody can say later who asked what, and why it was answered so. Envoy logs nothing by itself.
 *
 * Wrong:
 *
 * ```yaml hcm
 * use_remote_address: true
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * use_remote_address: true
 * access_log:
 * - name: stdout
 *   typed_config: { "@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog }
 * ```
 *
 * Source: Envoy documentation, "Access logging".
 */
export const requireAccessLog: LintRule<'require-access-log'> = {
  name: 'require-access-log',
  pack: 'observability',
  summary: 'requests are logged',
  severity: 'off',
  *check(view) {
    for (const manager of view.all(managerType)) {
      if (manager.list('access_log').length > 0) continue;
      if ((manager.within(listenerType)?.list('access_log').length ?? 0) > 0) continue;
      yield {
        path: manager.path,
        message: 'requests leave no trace: there is no access log',
        fix: 'add access_log',
      };
    }
  },
};
