/**
 * The admin interface.
 */
import * as dsl from '../../dsl/index.js';
import { call, object, scalar } from './expression.js';
import type { Recogniser } from './import-context.js';
import { addressOf } from './recognise-listeners.js';

/** `admin`. */
export const recogniseAdmin: Recogniser = (value) => {
  const at = addressOf(value.address);
  if (at === undefined || Object.keys(value).length !== 1) return undefined;
  return call(
    'admin',
    dsl.admin,
    object([
      ['port', at.port === 9901 ? undefined : scalar(at.port)],
      ['address', at.address === '127.0.0.1' ? undefined : scalar(at.address)],
    ]),
  );
};
