/**
 * `alpn_protocols`: what is offered of it.
 */
import type { FieldSupport } from '../../config/supported-fields.js';

/** Nothing here speaks these, so they are offered to nobody. HTTP/2 leaves this list when it is served. */
const notSpoken: ReadonlySet<string> = new Set(['h2']);

/** In the order of the configuration. */
export function servedProtocols(configured: unknown): readonly string[] {
  return ((configured ?? []) as readonly string[]).filter((one) => !notSpoken.has(one));
}

/** A list of which nothing would be left is refused. */
export const protocolSupport: FieldSupport = (value) =>
  Array.isArray(value) && value.length > 0 && servedProtocols(value).length === 0
    ? 'HTTP/1.1 is what is served'
    : undefined;
