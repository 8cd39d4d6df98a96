/**
 * E3031: programs in Lua that are none. Envoy loads them when it builds the filter.
 */
import type { BootstrapView, Message } from './bootstrap-view.js';
import { fieldsAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';
import { luaError } from './lua-syntax.js';

const lua = 'envoy.extensions.filters.http.lua.v3.';

/** Messages, and the fields of them that hold a program: as a text, a `DataSource`, or a map of those. */
const holders: Readonly<Record<string, readonly string[]>> = {
  [`${lua}Lua`]: ['inline_code', 'default_source_code', 'source_codes'],
  [`${lua}LuaPerRoute`]: ['source_code'],
  'envoy.extensions.router.cluster_specifiers.lua.v3.LuaConfig': ['source_code'],
};

function* programs(
  value: unknown,
  path: Finding['path'],
): Generator<readonly [code: string, path: Finding['path']]> {
  if (typeof value === 'string') yield [value, path];
  else {
    for (const [key, inner] of Object.entries(fieldsAt(value))) {
      if (key === 'inline_string' && typeof inner === 'string') yield [inner, [...path, key]];
      else if (typeof inner === 'object') yield* programs(inner, [...path, key]);
    }
  }
}

function* judge(message: Message, field: string): Generator<Finding> {
  for (const [code, path] of programs(message.value[field], [...message.path, field])) {
    const error = luaError(code);
    if (error === undefined) continue;
    yield {
      code: 'E3031',
      severity: 'error',
      path,
      message: `the program in Lua is none: ${error.message}, in its line ${error.line}`,
      fix: 'correct it',
    };
  }
}

export function* luaPrograms(view: BootstrapView): Generator<Finding> {
  for (const [type, fields] of Object.entries(holders)) {
    for (const message of view.all(type)) for (const field of fields) yield* judge(message, field);
  }
}
