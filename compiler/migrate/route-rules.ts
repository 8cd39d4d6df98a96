/**
 * Routes of v2, and what they match.
 */
import type { YAMLMap } from 'yaml';
import { isMap, isScalar, isSeq } from 'yaml';
import { MapEdit } from './map-edit.js';
import type { MigrationRule } from './migration-rule.js';
import { any, typed } from './migration-rule.js';

/** A matcher of a text: `exact_match: a` -> `string_match: { exact: a }`. */
export const headerMatch: MigrationRule = (edit, report) => {
  const olds = {
    exact_match: 'exact',
    prefix_match: 'prefix',
    suffix_match: 'suffix',
    contains_match: 'contains',
  };
  for (const [from, to] of Object.entries(olds)) {
    const value = edit.get(from);
    if (value === undefined) continue;
    report(from, `${from} is string_match.${to} now`);
    edit.replace(from, 'string_match', { [to]: null });
    edit.child('string_match')?.set(to, value);
  }
  for (const from of ['regex_match', 'safe_regex_match']) {
    const value = edit.get(from);
    if (value === undefined) continue;
    report(from, `${from} is string_match.safe_regex now`);
    edit.replace(from, 'string_match', { safe_regex: isMap(value) ? null : { regex: null } });
    if (isMap(value)) edit.child('string_match')?.set('safe_regex', value);
    else edit.child('string_match')?.child('safe_regex')?.set('regex', value);
  }
};

/** `value` and `regex` of a query parameter. */
export const queryMatch: MigrationRule = (edit, report) => {
  const value = edit.get('value');
  const isRegex = edit.text('regex') === 'true';
  if (edit.has('regex')) edit.remove('regex');
  if (value === undefined) return;
  report('value', `value is string_match.${isRegex ? 'safe_regex' : 'exact'} now`);
  edit.replace('value', 'string_match', isRegex ? { safe_regex: { regex: null } } : { exact: null });
  if (isRegex) edit.child('string_match')?.child('safe_regex')?.set('regex', value);
  else edit.child('string_match')?.set('exact', value);
};

/** The regular expression of a path. */
export const routeRegex: MigrationRule = (edit, report) => {
  const value = edit.get('regex');
  if (!isScalar(value)) return;
  report('regex', 'regex is safe_regex.regex now; it is RE2, and of the whole path');
  edit.replace('regex', 'safe_regex', { regex: null });
  edit.child('safe_regex')?.set('regex', value);
};

/** One policy -> a list of them. */
export const mirror: MigrationRule = (edit, report) => {
  const value = edit.get('request_mirror_policy');
  if (value === undefined) return;
  report('request_mirror_policy', 'request_mirror_policy is a list, request_mirror_policies, now');
  edit.replace('request_mirror_policy', 'request_mirror_policies', []);
  const list = edit.get('request_mirror_policies');
  if (!isSeq(list)) return;
  list.flow = false;
  list.items.push(value);
};

/** Origins by text or expression -> matchers. */
export const corsOrigins: MigrationRule = (edit, report) => {
  const [exact, regex] = [edit.items('allow_origin'), edit.items('allow_origin_regex')];
  if (exact.length + regex.length === 0) return;
  report('allow_origin', 'allow_origin is allow_origin_string_match now');
  edit.remove('allow_origin');
  edit.remove('allow_origin_regex');
  const textOf = (node: unknown): string => (isScalar(node) ? String(node.value) : '');
  edit.set('allow_origin_string_match', [
    ...exact.map((one) => (textOf(one) === '*' ? { safe_regex: { regex: '.*' } } : { exact: textOf(one) })),
    ...regex.map((one) => ({ safe_regex: { regex: textOf(one) } })),
  ]);
};

/** `use_websocket` -> `upgrade_configs`. */
export const websocket: MigrationRule = (edit, report) => {
  const value = edit.get('use_websocket');
  if (value === undefined) return;
  const text = isMap(value) ? new MapEdit(value as YAMLMap).text('value') : edit.text('use_websocket');
  report('use_websocket', 'use_websocket is upgrade_configs now');
  if (text === 'true') edit.replace('use_websocket', 'upgrade_configs', [{ upgrade_type: 'websocket' }]);
  else edit.remove('use_websocket');
};

/** `append: false` sets, `append: true` adds. */
export const appendAction: MigrationRule = (edit, report) => {
  if (!edit.has('append') || edit.has('append_action')) return;
  const text = edit.child('append')?.text('value') ?? edit.text('append');
  const action = text === 'false' ? 'OVERWRITE_IF_EXISTS_OR_ADD' : 'APPEND_IF_EXISTS_OR_ADD';
  report('append', `append is append_action: ${action} now`);
  edit.replace('append', 'append_action', action);
};

/** The policy of a virtual host, or of the action of a route, is a setting of the filter. */
export const corsPolicy: MigrationRule = (edit, report) => {
  const holder = edit.has('cors') ? edit : edit.child('route');
  const policy = holder?.get('cors');
  if (!isMap(policy)) return;
  report(holder === edit ? 'cors' : 'route', 'cors is in typed_per_filter_config now');
  holder?.remove('cors');
  if (!edit.has('typed_per_filter_config')) edit.set('typed_per_filter_config', {});
  const name = 'envoy.filters.http.cors';
  edit
    .child('typed_per_filter_config')
    ?.set(name, typed(`${any}envoy.extensions.filters.http.cors.v3.CorsPolicy`, policy));
};
