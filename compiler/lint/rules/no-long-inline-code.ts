import type { Path } from '../../../dsl/api/index.js';
import type { Message } from '../../check/bootstrap-view.js';
import { textAt } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';

const lua = 'envoy.extensions.filters.http.lua.v3.Lua';

/** Where the programs of the filter stand. */
function programs(filter: Message): readonly (readonly [path: Path, code: string])[] {
  const source = filter.at('default_source_code');
  const others = filter.at('source_codes');
  return [
    [[...filter.path, 'inline_code'], textAt(filter.value.inline_code)],
    [[...source.path, 'inline_string'], textAt(source.value.inline_string)],
    ...Object.keys(others.value).map((name) => {
      const one = others.at(name);
      return [[...one.path, 'inline_string'], textAt(one.value.inline_string)] as const;
    }),
  ];
}

/**
 * # no-long-inline-code
 *
 * A program inside of a configuration is neither tested nor formatted, and its errors have no line. Put it into a file and
 * name that (`filename`; in TypeScript `readFile`).
 *
 * Wrong:
 *
 * ```yaml hcm
 * http_filters:
 * - name: lua
 *   typed_config:
 *     "@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua
 *     default_source_code: { inline_string: "--1\n--2\n--3\n--4\n--5\n--6\n--7\n--8\n--9\n--10\n--11\n--12\n--13\n--14\n--15\n--16\n--17\n--18\n--19\n--20\n--21\n" }
 * - name: router
 *   typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * http_filters:
 * - name: lua
 *   typed_config:
 *     "@type": type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua
 *     default_source_code: { inline_string: "function envoy_on_request(handle) end" }
 * - name: router
 *   typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
 * ```
 *
 * Source: envoy.extensions.filters.http.lua.v3.Lua.default_source_code.
 */
export const noLongInlineCode: LintRule<'no-long-inline-code'> = {
  name: 'no-long-inline-code',
  pack: 'style',
  summary: 'programs of some length stand in files of their own',
  severity: 'off',
  options: { maxLines: 20 },
  *check(view, { maxLines }) {
    for (const filter of view.all(lua)) {
      for (const [path, code] of programs(filter)) {
        const lines = code.trimEnd().split('\n').length;
        if (lines <= maxLines) continue;
        yield {
          path,
          message: `${lines} lines of Lua stand in the configuration`,
          fix: 'put them into a file',
        };
      }
    }
  },
};
