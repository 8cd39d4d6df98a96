/**
 * The slots of extensions: a `typed_config` (or a `TypedExtensionConfig`) whose category says which messages fit. Envoy
 * answers a misfit with "Didn't find a registered implementation".
 */
import type { PathStep } from '../issue.js';
import type { FieldModel } from '../model/api-model.js';
import type { ExtensionTable } from './extension-table.js';
import type { PreparedMessage } from './message-table.js';
import { nearName } from './near-name.js';

export interface SlotIssue {
  /** From the field on. */
  readonly steps: readonly PathStep[];
  readonly message: string;
  readonly suggestion?: string;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Slots that Envoy does not look up by category: it takes any protocol options by their key, and skips load-balancing
 * policies that it does not know.
 */
const unchecked: ReadonlySet<string> = new Set([
  'envoy.config.cluster.v3.Cluster.typed_extension_protocol_options',
  'envoy.config.cluster.v3.LoadBalancingPolicy.Policy.typed_extension_config',
]);

/**
 * The `action` of a matcher. Its factories stand in no table, but they are few, and named alike; only a name that none of
 * them has is refused.
 */
const actionSlots: ReadonlySet<string> = new Set([
  'xds.type.matcher.v3.Matcher.OnMatch.action',
  'envoy.config.common.matcher.v3.Matcher.OnMatch.action',
]);
const actionName =
  /(?:Action|Route|RouteList|Policy|SkipFilter|BucketSettings|SubstitutionFormatString|StringValue)$/;

function actionIssue(value: unknown): SlotIssue | undefined {
  const url = ((value as Fields | undefined)?.typed_config as Fields | undefined)?.['@type'];
  if (typeof url !== 'string' || actionName.test(url)) return undefined;
  return {
    steps: ['typed_config'],
    message: `${url.slice(url.lastIndexOf('/') + 1)} is not an action of a matcher`,
  };
}

function checkPayload(
  field: FieldModel,
  payload: Fields,
  table: ExtensionTable,
): Omit<SlotIssue, 'steps'> | undefined {
  const category = field.category ?? '';
  const url = payload['@type'];
  if (typeof url !== 'string') return { message: `needs a typed_config with an '@type' of ${category}` };
  const type = url.slice(url.lastIndexOf('/') + 1);
  if (table.fits(category, type)) return undefined;
  const near = nearName(type, table.typesOf(category));
  return {
    message: `${type} is not an extension of ${category}`,
    ...(near === undefined ? {} : { suggestion: `type.googleapis.com/${near}` }),
  };
}

/** @param out the fields that were read */
export function slotIssue(
  field: FieldModel,
  type: PreparedMessage,
  out: Fields,
  table: ExtensionTable,
): SlotIssue | undefined {
  const key = `${type.name}.${field.name}`;
  if (actionSlots.has(key)) return actionIssue(out[field.name]);
  if (field.category === undefined || unchecked.has(key)) return undefined;
  const value = out[field.name];
  if (value === undefined) {
    if (field.type !== 'google.protobuf.Any' || field.label !== undefined) return undefined;
    const rivals = type.fields.filter(
      (other) => other !== field && other.oneof !== undefined && other.oneof === field.oneof,
    );
    if (rivals.some((other) => out[other.name] !== undefined)) return undefined;
    return { steps: [], message: `needs a typed_config with an '@type' of ${field.category}` };
  }
  if (field.type === 'google.protobuf.Any' && field.label === undefined) {
    const found = checkPayload(field, value as Fields, table);
    return found && { steps: [], ...found };
  }
  const entries = field.label === undefined ? [[undefined, value] as const] : Object.entries(value as object);
  for (const [step, entry] of entries) {
    const steps: PathStep[] = step === undefined ? [] : [field.label === 'repeated' ? Number(step) : step];
    const direct = field.type === 'google.protobuf.Any';
    const payload = direct ? entry : (entry as Fields).typed_config;
    // Its absence is the message's own matter: it has other members, or a rule that demands it.
    if (payload === undefined) continue;
    const found = checkPayload(field, payload as Fields, table);
    if (found !== undefined) return { steps: direct ? steps : [...steps, 'typed_config'], ...found };
  }
  return undefined;
}
