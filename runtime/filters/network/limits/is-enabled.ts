import { messageOf } from '../../../common/message-fields.js';

/** `RuntimeFeatureFlag`, on when it is absent. There is no runtime layer that could say otherwise than its default. */
export function isEnabled(flag: unknown): boolean {
  return flag === undefined || messageOf(flag).default_value === true;
}
