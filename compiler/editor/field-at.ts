/**
 * Which field of Envoy's API a path of a bootstrap leads to.
 */
import { table } from '../../dsl/api/generated/table.js';
import type { Path } from '../../dsl/api/index.js';
import type { FieldModel } from '../../dsl/api/model/api-model.js';
import { typeOf } from '../check/bootstrap-view.js';

export const bootstrapType = 'envoy.config.bootstrap.v3.Bootstrap';

export interface FieldPlace {
  /** Full name of the message that has the field. */
  readonly message: string;
  /** undefined at a message itself, such as an entry of a list. */
  readonly field?: FieldModel;
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function valueAt(value: unknown, step: string | number): unknown {
  return (value as Record<string | number, unknown> | null | undefined)?.[step];
}

/** @param value the bootstrap as it was written. undefined where the API does not know the way */
export function fieldAt(value: unknown, path: Path): FieldPlace | undefined {
  let message = bootstrapType;
  let inside = value;
  for (let at = 0; at < path.length; at++) {
    const step = path[at] as string | number;
    message = typeOf(inside) || message;
    const holder = message;
    const name = snake(String(step));
    const field = table.messages[holder]?.fields.find((one) => one.name === step || one.name === name);
    if (field === undefined) return undefined;
    inside = valueAt(inside, step);
    // An entry of a list or a map belongs to its field.
    const next = path[at + 1];
    const hasEntry = next !== undefined && (field.label === 'map' || typeof next === 'number');
    if (hasEntry) inside = valueAt(inside, path[++at] as string | number);
    if (at === path.length - 1) {
      const isMessage = hasEntry && table.messages[field.type] !== undefined && field.label !== 'map';
      return isMessage ? { message: typeOf(inside) || field.type } : { message: holder, field };
    }
    message = field.type;
  }
  return { message };
}
