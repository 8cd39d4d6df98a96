import { table } from '../../dsl/api/generated/table.js';
import { messageOf } from '../common/message-fields.js';

const codes = table.enums['envoy.type.v3.StatusCode']?.values ?? {};

/** The number of an `envoy.type.v3.HttpStatus`, whose codes have names; undefined when there is none. */
export function statusCodeOf(status: unknown): number | undefined {
  const { code } = messageOf(status);
  return typeof code === 'string' ? codes[code] : undefined;
}
