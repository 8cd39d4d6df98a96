/**
 * `query_parameter_mutations`: the query is taken apart, changed, and put together anew, as Envoy does: sorted by name, each
 * with a value. What was in it stays as it was sent: Envoy decodes it, and puts white space into the request line.
 */
import { compileHeaderFormat } from '../../../access-log/formatter.js';
import type { Fields } from '../../../common/message-fields.js';
import { messageOf, messagesOf, textOf } from '../../../common/message-fields.js';
import { toOctets } from '../../../common/octet-text.js';
import type { StreamInfo } from '../../../common/stream-info.js';
import { under } from '../../../network/config-path.js';
import { ConfigError } from '../../../network/filter.js';

/** @returns the path with its changed query */
export type QueryMutation = (path: string, info: StreamInfo) => string;

/** Pairs as they stand in the query, by their decoded names. */
type Parameters = Map<string, string[]>;
type Mutation = (parameters: Parameters, info: StreamInfo) => void;

const decode = (text: string): string =>
  text.replaceAll(/%([0-9a-f]{2})/gi, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));

/** Everything but the unreserved characters of RFC 3986. */
const encode = (octets: string): string =>
  octets.replaceAll(
    /[^A-Za-z0-9\-._~]/g,
    (octet) => `%${octet.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );

function parse(path: string): { readonly before: string; readonly parameters: Parameters } {
  const parameters: Parameters = new Map();
  const at = path.indexOf('?');
  if (at < 0 || at === path.length - 1) return { before: at < 0 ? path : path.slice(0, at), parameters };
  for (const pair of path.slice(at + 1).split('&')) {
    const equals = pair.indexOf('=');
    const name = decode(equals < 0 ? pair : pair.slice(0, equals));
    parameters.set(name, [...(parameters.get(name) ?? []), equals < 0 ? `${pair}=` : pair]);
  }
  return { before: path.slice(0, at), parameters };
}

function print(before: string, parameters: Parameters): string {
  const pairs = [...parameters].sort(([one], [other]) => (one < other ? -1 : 1)).flatMap(([, all]) => all);
  return pairs.length === 0 ? before : `${before}?${pairs.join('&')}`;
}

function compileAppend(config: Fields): Mutation {
  const { key, value } = messageOf(config.record);
  if (config.record === undefined) throw new ConfigError('No record specified for parameter mutation.');
  if (typeof value !== 'string')
    throw new ConfigError('Only string value is allowed for parameter.', ['record', 'value']);
  const name = toOctets(textOf(key));
  const format = under(() => compileHeaderFormat(value), 'record', 'value');
  const read = typeof format === 'string' ? () => format : format;
  const action = textOf(config.action, 'APPEND_IF_EXISTS_OR_ADD');
  return (parameters, info) => {
    const before = parameters.get(name);
    if (action === 'ADD_IF_ABSENT' && before !== undefined) return;
    if (action === 'OVERWRITE_IF_EXISTS' && before === undefined) return;
    const kept = action === 'APPEND_IF_EXISTS_OR_ADD' ? (before ?? []) : [];
    parameters.set(name, [...kept, `${encode(name)}=${encode(read(info))}`]);
  };
}

function compileOne(config: Fields): Mutation {
  if (config.append !== undefined) return under(() => compileAppend(messageOf(config.append)), 'append');
  const name = toOctets(textOf(config.remove));
  if (name === '') throw new ConfigError('No mutation specified.');
  return (parameters) => void parameters.delete(name);
}

/** @returns undefined for an empty list. @throws ConfigError with the path from the list on */
export function compileQueryMutations(configs: unknown): QueryMutation | undefined {
  const mutations = messagesOf(configs).map((config, index) => under(() => compileOne(config), index));
  if (mutations.length === 0) return undefined;
  return (path, info) => {
    const { before, parameters } = parse(path);
    for (const mutate of mutations) mutate(parameters, info);
    return print(before, parameters);
  };
}
