/**
 * `/config_dump`: `envoy.admin.v3.ConfigDump`.
 */
import type { List, Message, Section } from './config-sections.js';
import { adminType, configSections } from './config-sections.js';
import type { AdminResponse, Handler } from './endpoint.js';
import { json } from './endpoint.js';
import { applyMask, parseMask } from './field-mask.js';
import { compileFilter } from './name-filter.js';

/** Errors of this endpoint come without a charset. */
const failure = (status: number, body: string): AdminResponse => ({
  status,
  headers: { 'content-type': 'text/plain' },
  body,
});

const badMask = (mask: string): AdminResponse =>
  failure(400, `FieldMask paths: ${JSON.stringify(mask)}\n could not be successfully used.`);

/** Name of the resource in an element. */
function elementName(element: Message, { field }: List): string {
  const resource = element[field];
  const name = typeof resource === 'object' && resource !== null ? (resource as Message).name : element.name;
  return typeof name === 'string' ? name : '';
}

function dumpAll(
  sections: readonly Section[],
  matches: (name: string) => boolean,
  mask: string | null,
): AdminResponse {
  const paths = mask === null ? undefined : parseMask(mask);
  const known = sections.flatMap(({ single, lists }) => [
    ...Object.keys(single),
    ...lists.map(({ name }) => name),
  ]);
  if (paths?.some(([first = '']) => !known.includes(first))) return badMask(mask ?? '');
  return json({
    configs: sections.map(({ type, single, lists }) => {
      const message: Record<string, unknown> = { '@type': adminType(type), ...single };
      for (const list of lists) {
        const elements = list.elements.filter((element) => matches(elementName(element, list)));
        if (elements.length > 0) message[list.name] = elements;
      }
      return paths === undefined ? message : applyMask(message, paths);
    }),
  });
}

function dumpList(list: List, matches: (name: string) => boolean, mask: string | null): AdminResponse {
  const paths = mask === null ? undefined : parseMask(mask);
  const fields = [list.field, 'name', 'last_updated', 'version_info', 'error_state', 'client_status'];
  if (paths?.some(([first = '']) => !fields.includes(first))) return badMask(mask ?? '');
  const configs = list.elements
    .filter((element) => matches(elementName(element, list)))
    .map((element): Message => {
      const message = { '@type': adminType(list.elementType), ...element };
      return paths === undefined ? message : applyMask(message, paths);
    });
  return json(configs.length === 0 ? {} : { configs });
}

/** Everything, or with `resource` the elements of one repeated field. */
export const configDump: Handler = (host, { query }) => {
  const pattern = query.get('name_regex');
  const compiled = pattern === null || pattern === '' ? undefined : compileFilter(pattern);
  const matches = (name: string): boolean => compiled?.matches(name) ?? true;
  const mask = query.get('mask');
  const resource = query.get('resource');
  const configuration = host.configuration() ?? { bootstrap: {}, lastUpdatedMs: 0 };
  const sections = configSections(configuration);
  if (resource === null || resource === '') return dumpAll(sections, matches, mask);
  const list = sections.flatMap(({ lists }) => lists).find(({ name }) => name === resource);
  if (list !== undefined) return dumpList(list, matches, mask);
  if (sections.some(({ single }) => resource in single)) {
    return failure(400, `${resource} is not a repeated field. Use ?mask=${resource} to get only this field`);
  }
  return failure(404, `${resource} not found in config dump`);
};
