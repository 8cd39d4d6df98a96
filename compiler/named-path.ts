/**
 * A path by the names of resources instead of their places in lists: it stays the same when something is added before.
 */
import type { Path } from '../dsl/api/index.js';
import { pathText } from './path-text.js';

function nameIn(value: unknown): string | undefined {
  const name = (value as { name?: unknown } | null | undefined)?.name;
  return typeof name === 'string' && name !== '' ? name : undefined;
}

/** `static_resources.clusters["web"].connect_timeout` */
export function namedPath(bootstrap: unknown, path: Path): string {
  let value = bootstrap;
  const steps = path.map((step) => {
    value = (value as Record<string | number, unknown> | null | undefined)?.[step];
    return typeof step === 'number' ? (nameIn(value) ?? step) : step;
  });
  // Names of resources are quoted, whatever they look like; fields are not.
  let text = '';
  for (const [index, step] of steps.entries()) {
    const isName = typeof path[index] === 'number' && typeof step === 'string';
    if (isName) text += `[${JSON.stringify(step)}]`;
    else {
      const piece = pathText([step]);
      text += text !== '' && !piece.startsWith('[') ? `.${piece}` : piece;
    }
  }
  return text;
}
