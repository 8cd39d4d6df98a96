/**
 * Walks a canonical bootstrap along the API table and names everything that the bundled runtime does not serve.
 */
import { table } from '../../dsl/api/generated/table.js';
import type { Path, PathStep } from '../../dsl/api/issue.js';
import type { Fields } from '../common/message-fields.js';
import { typeNameOf } from '../common/message-fields.js';
import type { FieldType } from './field-types.js';
import { fieldsOfType } from './field-types.js';
import type { SupportedFields } from './supported-fields.js';

export interface UnsupportedField {
  readonly path: Path;
  /** One sentence with the words "needs real Envoy". */
  readonly message: string;
}

/** Messages that are values of their own: their fields are not settings. */
const isValue = (type: string): boolean =>
  type.startsWith('google.protobuf.') && type !== 'google.protobuf.Any';

const isMessage = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

class Walk {
  readonly found: UnsupportedField[] = [];
  private readonly supported: SupportedFields;
  private readonly path: PathStep[] = [];

  constructor(supported: SupportedFields) {
    this.supported = supported;
  }

  private refuse(what: string): void {
    this.found.push({ path: [...this.path], message: `${what} needs real Envoy` });
  }

  message(declared: string, value: unknown): void {
    if (!isMessage(value) || isValue(declared)) return;
    const type = typeNameOf(value) || declared;
    const supported = this.supported[type];
    if (supported === undefined) {
      this.refuse(type);
      return;
    }
    const types = fieldsOfType(type);
    for (const [name, given] of Object.entries(value)) {
      if (name === '@type') continue;
      this.path.push(name);
      const support = supported[name];
      const reason = typeof support === 'function' ? support(given) : undefined;
      if (support === undefined) this.refuse(`${type.slice(type.lastIndexOf('.') + 1)}.${name}`);
      else if (reason !== undefined) this.refuse(`${name} ${JSON.stringify(given)} (${reason})`);
      else if (support !== 'ignored') this.field(types.get(name), given);
      this.path.pop();
    }
  }

  private field(field: FieldType | undefined, value: unknown): void {
    if (field === undefined || !(field.type in table.messages)) return;
    if (field.label === undefined) {
      this.message(field.type, value);
      return;
    }
    const entries: Iterable<[PathStep, unknown]> = Array.isArray(value)
      ? value.entries()
      : Object.entries(isMessage(value) ? value : {});
    for (const [step, item] of entries) {
      this.path.push(step);
      this.message(field.type, item);
      this.path.pop();
    }
  }
}

/**
 * In document order; empty when the runtime serves all of it.
 * @param type of the message; default: the bootstrap
 */
export function refuseUnsupported(
  message: unknown,
  supported: SupportedFields,
  type = 'envoy.config.bootstrap.v3.Bootstrap',
): UnsupportedField[] {
  const walk = new Walk(supported);
  walk.message(type, message);
  return walk.found;
}
