/**
 * Services from a file in the form of Consul's configuration: `{"service": {...}}` or `{"services": [...]}`, with
 * `check` and `checks` that name one of them (`service_id`).
 */
import { readYaml } from '../../../dsl/api/read-yaml.js';
import type { Registration } from '../agent.js';
import type { CheckDefinition } from '../catalog/catalog.js';
import { readCheck } from './check-definition.js';
import type { DefinitionPath } from './definition-reader.js';
import { DefinitionError, DefinitionReader } from './definition-reader.js';
import { findJsonError } from './json-error.js';
import { readService } from './service-definition.js';

function linePosition(text: string, offset: number): string {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return `${line}:${offset - before.lastIndexOf('\n')}`;
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const { offset, message } = findJsonError(text) ?? { offset: 0, message: (error as Error).message };
    throw new Error(`${file}:${linePosition(text, offset)}: ${message}`);
  }
}

function readAll(document: unknown): Registration[] {
  const reader = new DefinitionReader(document, [], ['service', 'services', 'check', 'checks']);
  const found: (readonly [unknown, DefinitionPath])[] = [];
  if (reader.has('service')) found.push([reader.raw('service'), reader.pathOf('service')]);
  found.push(...reader.list('services'));
  const owners = new Map<string, DefinitionPath>();
  const registrations = found.map(([value, path]) => readService(value, path));
  const all = withChecks(reader, registrations);
  return all.map((registration, index) => {
    const path = found[index]?.[1] ?? [];
    const ids = [
      `service '${registration.service.id}'`,
      ...registration.checks.map(({ id }) => `check '${id}'`),
    ];
    for (const id of ids) {
      if (owners.has(id)) throw new DefinitionError(`${id} is there twice; give each an id of its own`, path);
      owners.set(id, path);
    }
    return registration;
  });
}

/** Checks that stand beside their services. */
function withChecks(reader: DefinitionReader, registrations: readonly Registration[]): Registration[] {
  const more = new Map<string, CheckDefinition[]>();
  const given: (readonly [unknown, DefinitionPath])[] = [];
  if (reader.has('check')) given.push([reader.raw('check'), reader.pathOf('check')]);
  given.push(...reader.list('checks'));
  for (const [value, path] of given) {
    const { check, serviceId } = readCheck(value, path);
    if (serviceId === '') {
      const message = 'service_id is missing; checks of the node are registered at /v1/agent/check/register';
      throw new DefinitionError(message, path);
    }
    if (!registrations.some(({ service }) => service.id === serviceId)) {
      throw new DefinitionError(`there is no service '${serviceId}' in this file`, path);
    }
    more.set(serviceId, [...(more.get(serviceId) ?? []), check]);
  }
  return registrations.map(({ checks, service }) => ({
    service,
    checks: [...checks, ...(more.get(service.id) ?? [])],
  }));
}

/**
 * @param file its name, for errors
 * @throws Error whose message begins with `file:line:column: `
 */
export function readServicesFile(text: string, file: string): Registration[] {
  const document = parse(text, file);
  try {
    return readAll(document);
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    const { line, column } = readYaml(text).locate(error.path) ?? { line: 1, column: 1 };
    throw new Error(`${file}:${line}:${column}: ${error.message}`);
  }
}
