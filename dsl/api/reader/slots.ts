/**
 * The slots of extensions: a `typed_config` (or a `TypedExtensionConfig`) whose category says which messages fit. Envoy
 * answers a misfit with "Didn't find a registered implementation".
 */
import type { PathStep } from '../issue.js';
import type { FieldModel } from '../model/api-model.js';
import type { ExtensionTable } from './extension-table.js';
import { payloadType } from './extension-table.js';
import type { CheckedField, PreparedMessage } from './message-table.js';
import { nearName } from './near-name.js';
import { actionSlots } from './slot-keys.js';

export interface SlotIssue {
  /** From the field on. */
  readonly steps: readonly PathStep[];
  /** A whole sentence. */
  readonly message: string;
  readonly suggestion?: string;
  readonly fix?: string;
  /** The message that fits no extension. */
  readonly name?: string;
}

type Fields = Readonly<Record<string, unknown>>;

/** A cluster makes its DNS resolver only when it has names to resolve, and takes an empty payload for none. */
function resolvesNames(out: Fields): boolean {
  const config = (out.typed_dns_resolver_config as Fields | undefined)?.typed_config as Fields | undefined;
  return (
    config?.['@type'] !== undefined &&
    out.cluster_type === undefined &&
    (out.type === 'STRICT_DNS' || out.type === 'LOGICAL_DNS')
  );
}

/** Slots in which a name alone finds the extension, when there is no payload. */
const byName: ReadonlySet<string> = new Set([
  'envoy.config.cluster.v3.Cluster.CustomClusterType.typed_config',
]);

/** Settings of a filter for one route may stand in this message, which has switches of its own. */
const perRouteEnvelope = 'envoy.config.route.v3.FilterConfig';

const actionName =
  /(?:Action|Route|RouteList|Policy|SkipFilter|BucketSettings|SubstitutionFormatString|StringValue)$/;

function actionIssue(value: unknown): SlotIssue | undefined {
  const payload = (value as Fields | undefined)?.typed_config as Fields | undefined;
  if (payload === undefined) return undefined;
  const type = payloadType(payload);
  if (actionName.test(type)) return undefined;
  const message =
    type === '' ? "the action has no typed_config with an '@type'" : `${type} is not an action of a matcher`;
  return { steps: ['typed_config'], message };
}

/** Envoy finds an extension by the `@type` of its configuration; the name beside it says which one was meant. */
function missing(
  field: string,
  category: string,
  name: unknown,
  table: ExtensionTable,
): Omit<SlotIssue, 'steps'> {
  const named = typeof name === 'string' && name !== '';
  const type = named ? table.typeOfName(category, name) : undefined;
  const what = named ? `'${name}' has no ${field} with an '@type'` : `there is no ${field} with an '@type'`;
  return {
    message: `${what}, by which Envoy finds the extension`,
    fix:
      type === undefined
        ? `add ${field} with the '@type' of an extension of ${category.replace(/,.*/, '')}`
        : `add ${field}: { "@type": type.googleapis.com/${type} }`,
  };
}

function checkPayload(
  field: FieldModel,
  payload: Fields,
  name: unknown,
  table: ExtensionTable,
  allowed: ReadonlySet<string>,
): Omit<SlotIssue, 'steps'> | undefined {
  const category = field.category ?? '';
  if (typeof payload['@type'] !== 'string') return missing(field.name, category, name, table);
  const type = payloadType(payload);
  if (allowed.has(type) || table.fits(category, type)) return undefined;
  if (field.label === 'map' && type === perRouteEnvelope) return undefined;
  const near = nearName(type, table.typesOf(category));
  return {
    message: `${type} is not an extension of ${category.replaceAll(',', ' or ')}`,
    name: type,
    ...(near === undefined ? {} : { suggestion: `type.googleapis.com/${near}` }),
  };
}

/**
 * @param out the fields that were read
 * @param allowed types that are taken in every slot
 */
export function slotIssue(
  { field, key }: CheckedField,
  type: PreparedMessage,
  out: Fields,
  table: ExtensionTable,
  allowed: ReadonlySet<string>,
): SlotIssue | undefined {
  if (actionSlots.has(key)) return actionIssue(out[field.name]);
  if (field.category === undefined) return undefined;
  if (key === 'envoy.config.cluster.v3.Cluster.typed_dns_resolver_config' && !resolvesNames(out))
    return undefined;
  // What is optional is left out when Envoy does not have it.
  if (out.is_optional === true) return undefined;
  if (byName.has(key) && table.hasName(field.category, out.name)) {
    if ((out[field.name] as Fields | undefined)?.['@type'] === undefined) return undefined;
  }
  const value = out[field.name];
  if (value === undefined) {
    if (field.type !== 'google.protobuf.Any' || field.label !== undefined) return undefined;
    const rivals = type.fields.filter(
      (other) => other !== field && other.oneof !== undefined && other.oneof === field.oneof,
    );
    if (rivals.some((other) => out[other.name] !== undefined)) return undefined;
    return { steps: [], ...missing(field.name, field.category, out.name, table) };
  }
  if (field.type === 'google.protobuf.Any' && field.label === undefined) {
    const found = checkPayload(field, value as Fields, out.name, table, allowed);
    return found && { steps: [], ...found };
  }
  const entries = field.label === undefined ? [[undefined, value] as const] : Object.entries(value as object);
  for (const [step, entry] of entries) {
    const steps: PathStep[] = step === undefined ? [] : [field.label === 'repeated' ? Number(step) : step];
    const direct = field.type === 'google.protobuf.Any';
    if (!direct && (entry as Fields).is_optional === true) continue;
    const payload = direct ? entry : (entry as Fields).typed_config;
    // Its absence is the message's own matter: it has other members, or a rule that demands it.
    if (payload === undefined) continue;
    const found = checkPayload(field, payload as Fields, (entry as Fields).name, table, allowed);
    if (found !== undefined) return { steps: direct ? steps : [...steps, 'typed_config'], ...found };
  }
  return undefined;
}
