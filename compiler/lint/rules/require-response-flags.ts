import { fieldsAt, isSet } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { managerType } from '../message-names.js';

/**
 * # require-response-flags
 *
 * A 503 in a log may come from the service or from Envoy, for one of twenty reasons. `%RESPONSE_FLAGS%` says which one; a
 * format of one's own that leaves it out leaves out what one looks for at night.
 *
 * Wrong:
 *
 * ```yaml hcm
 * access_log:
 * - name: stdout
 *   typed_config:
 *     "@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog
 *     log_format: { text_format_source: { inline_string: "%RESPONSE_CODE% %DURATION%\n" } }
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * access_log:
 * - name: stdout
 *   typed_config:
 *     "@type": type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog
 *     log_format: { text_format_source: { inline_string: "%RESPONSE_CODE% %RESPONSE_FLAGS% %DURATION%\n" } }
 * ```
 *
 * Source: Envoy documentation, "Access logging", command operators.
 */
export const requireResponseFlags: LintRule<'require-response-flags'> = {
  name: 'require-response-flags',
  pack: 'observability',
  summary: 'a log format of its own has %RESPONSE_FLAGS%',
  severity: 'off',
  *check(view) {
    for (const manager of view.all(managerType)) {
      for (const log of manager.list('access_log')) {
        const config = log.at('typed_config');
        const field = ['log_format', 'format', 'json_format', 'typed_json_format'].find((one) =>
          isSet(config.value[one]),
        );
        if (field === undefined) continue;
        const format = config.value[field];
        const source = fieldsAt(fieldsAt(format).text_format_source);
        // What is in a file is not known.
        if (isSet(source.filename) || isSet(source.environment_variable)) continue;
        if (/RESPONSE_FLAGS/.test(JSON.stringify(format))) continue;
        yield {
          path: [...config.path, field],
          message: 'the log does not say why Envoy itself answered',
          fix: 'add %RESPONSE_FLAGS%',
        };
      }
    }
  },
};
