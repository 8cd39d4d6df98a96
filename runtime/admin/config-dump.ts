/**
 * `/config_dump`: `envoy.admin.v3.ConfigDump`.
 */
import type { List, Message, Section } from './config-sections.js';
import { adminType, configSections } from './config-sections.js';
import type { AdminResponse, Handler } from './endpoint.js';
import { json } from './endpoint.js';
import { applyMask, isFieldPath, parseMask } from './field-mask.js';
import { BadFilter, compileFilter } from './name-filter.js';

/** Errors of this endpoint come without a charset. */
const failure = (status: number, body: string): AdminResponse => ({
  status,
  headers: { 'content-type': 'text/plain' },
  body,
});

/** Name of the resource in an element. */
function elementName(element: Message, { field }: List): string {
  const resource = element[field];
  const name = typeof resource === 'object' && resource !== null ? (resource as Message).name : element.name;
  return typeof name === 'string' ? name : '';
}

/** Paths of a mask; undefined without one. */
function pathsOf(mask: string | null): string[][] | undefined {
  const paths = parseMask(mask ?? '');
  return paths.length === 0 ? undefined : paths;
}

/** A mask leaves out the sections that do not have all of its fields. */
function dumpAll(
  sections: readonly Section[],
  matches: (name: string) => boolean,
  mask: string | null,
): AdminResponse {
  const paths = pathsOf(mask);
  const chosen = sections.filter(
    ({ type }) => paths?.every((path) => isFieldPath(path, `envoy.admin.v3.${type}`)) ?? true,
  );
  if (chosen.length === 0) {
    return failure(400, `FieldMask ${mask} could not be successfully applied to any configs.`);
  }
  return json({
    configs: chosen.map(({ type, single, lists }) => {
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
  const paths = pathsOf(mask);
  const type = `envoy.admin.v3.${list.elementType}`;
  if (paths?.some((path) => !isFieldPath(path, type, list.resourceType))) {
    return failure(
      400,
      `FieldMask paths: ${paths.map((path) => `"${path.join('.')}"`).join(' ')} could not be successfully used.`,
    );
  }
  const configs = list.elements
    .filter((element) => matches(elementName(element, list)))
    .map((element): Message => {
      const message = { '@type': adminType(list.elementType), ...element };
      return paths === undefined ? message : applyMask(message, paths);
    });
  return json(configs.length === 0 ? {} : { configs });
}

/** @returns the test of `name_regex`, of the whole name, or the answer to a bad one */
function nameTest(pattern: string | null): ((name: string) => boolean) | AdminResponse {
  if (pattern === null || pattern === '') return () => true;
  try {
    const compiled = compileFilter(
      pattern,
      (reason) => `INVALID_ARGUMENT: Error while parsing name_regex from ${pattern}: ${reason}`,
    );
    return (name) => compiled.matches(name);
  } catch (error) {
    if (error instanceof BadFilter) return failure(400, error.message);
    throw error;
  }
}

/** Everything, or with `resource` the elements of one repeated field. */
export const configDump: Handler = (host, { query }) => {
  const matches = nameTest(query.get('name_regex'));
  if (typeof matches !== 'function') return matches;
  if (query.has('include_eds')) return failure(501, 'include_eds needs real Envoy');
  const mask = query.get('mask');
  const resource = query.get('resource');
  const configuration = host.configuration() ?? { bootstrap: {}, lastUpdatedMs: 0 };
  const sections = configSections(configuration);
  if (resource === null || resource === '') return dumpAll(sections, matches, mask);
  const list = sections.flatMap(({ lists }) => lists).find(({ name }) => name === resource);
  if (list !== undefined) return dumpList(list, matches, mask);
  if (sections.some(({ single }) => Object.hasOwn(single, resource))) {
    return failure(400, `${resource} is not a repeated field. Use ?mask=${resource} to get only this field`);
  }
  return failure(404, `${resource} not found in config dump`);
};
