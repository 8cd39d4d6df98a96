import { isDeepStrictEqual } from 'node:util';
import type { Registration } from './agent.js';
import type { Catalog, Check, CheckDefinition, Service, ServiceDefinition } from './catalog/catalog.js';
import type { Command } from './state/command.js';

function definitionOf({ origin, node, createIndex, modifyIndex, ...definition }: Service): ServiceDefinition {
  return definition;
}

/** Without what changes by itself: a status, and with it the one that it began with. */
function checkDefinitionOf(check: CheckDefinition): Omit<CheckDefinition, 'status'> {
  const { status, ...definition } = check;
  const { output, serviceId, serviceName, serviceTags, node, origin, createIndex, modifyIndex, ...rest } =
    definition as Omit<Check, 'status'>;
  return rest;
}

/** Whether a service of the files is there just so; then the state of its checks is left alone. */
function isThere(catalog: Catalog, { service, checks }: Registration): boolean {
  const known = catalog.service(service.id);
  if (known === undefined || known.origin !== 'file') return false;
  // As it would be after a round trip through a journal, where what is undefined is absent.
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value));
  const own = catalog.checksOf(service.id).filter(({ origin }) => origin === 'file');
  return (
    isDeepStrictEqual(plain(definitionOf(known)), plain(service)) &&
    isDeepStrictEqual(plain(own.map(checkDefinitionOf)), plain(checks.map(checkDefinitionOf)))
  );
}

/**
 * What is to be done so that the services of the files are these and no others.
 * @param at wall time, milliseconds
 */
export function fileCommands(
  catalog: Catalog,
  registrations: readonly Registration[],
  at: number,
): readonly Command[] {
  const kept = new Set(registrations.map(({ service }) => service.id));
  const gone = catalog
    .services(catalog.node.name)
    .filter(({ service }) => service.origin === 'file' && !kept.has(service.id));
  return [
    ...gone.map(({ service }) => ({ op: 'deregister-service' as const, id: service.id })),
    ...registrations
      .filter((registration) => !isThere(catalog, registration))
      .map((registration) => ({
        op: 'register-service' as const,
        registration,
        origin: 'file' as const,
        replaceChecks: true,
        at,
      })),
  ];
}
