/**
 * The words of the type checker, shortened: generated types get the names that Envoy's documentation uses, and types that
 * it writes out over half a screen are left out.
 */
import { table } from '../../dsl/api/generated/table.js';

/** Longest type that is shown. */
const maxType = 100;

let names: ReadonlyMap<string, string> | undefined;

/** `envoy_config_cluster_v3_Cluster` -> `envoy.config.cluster.v3.Cluster`. */
function protoNames(): ReadonlyMap<string, string> {
  names ??= new Map(
    [...Object.keys(table.messages), ...Object.keys(table.enums)].map((name) => [
      name.replaceAll('.', '_'),
      name,
    ]),
  );
  return names;
}

function withProtoNames(text: string): string {
  return text.replace(/\b(?:envoy|xds|udpa|google)_\w+\b/g, (name) => protoNames().get(name) ?? name);
}

/** One message, or one line of an explanation. */
export function shortTypeError(text: string): string {
  return (
    withProtoNames(text)
      // The options of the project are not the user's.
      .replace(/^(Top-level 'await' expressions are) only allowed when .*$/, '$1 not for a configuration')
      .replace(/^(Property '\w+' is missing) in type .* but required in type .*$/, '$1')
      .replace(
        /^(Object literal may only specify known properties), (?:but|and) ('[^']*') does not exist in type .*?(\. Did you mean to write .*)?$/,
        (all: string, _rule, field: string, near = '') =>
          all.length > maxType * 1.5 || near !== '' ? `there is no property ${field}${near}` : all,
      )
      .replace(/'([^']+)'/g, (quoted: string, type: string) => (type.length > maxType ? "'...'" : quoted))
  );
}

/** The field and the message that an error about an unknown property names. */
export function unknownProperty(
  text: string,
): { readonly field: string; readonly message: string } | undefined {
  const [, field, type] =
    /^Object literal may only specify known properties, (?:but|and) '([^']*)' does not exist in type '([^']*)'/.exec(
      withProtoNames(text),
    ) ?? [];
  return field === undefined || type === undefined ? undefined : { field, message: type };
}
