import { messageOf } from '../../../common/message-fields.js';

/** `RuntimeFeatureFlag`, on when it is absent. The value of its key stands in the place of its default already. */
export function isEnabled(flag: unknown): boolean {
  return flag === undefined || messageOf(flag).default_value === true;
}
