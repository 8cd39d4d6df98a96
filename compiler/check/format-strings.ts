/**
 * E3028: format strings of access logs, of headers that are added and of local replies: `%COMMAND(argument):length%`, and
 * `%%` for a percent sign.
 */
import { isAtLeast, minorOf, nearName } from '../../dsl/api/index.js';
import type { BootstrapView, Message } from './bootstrap-view.js';
import { isSet } from './bootstrap-view.js';
import type { Finding } from './finding.js';
import { commandSince } from './format-command-releases.js';
import { formatCommands } from './format-commands.js';

const command = /^%([A-Z0-9_]+)(?:\((.*?)\))?(?::(\d{1,19}))?%/s;

interface Fault {
  /** Where it is not the one of format strings. */
  readonly code?: string;
  readonly message: string;
  readonly fix: string;
}

function unknownCommand(name: string): Fault {
  const near = nearName(name, formatCommands.keys());
  return {
    message: `there is no command %${name}%`,
    fix: near === undefined ? 'take a command operator of the access log' : `did you mean '%${near}%'?`,
  };
}

function faultOf(name: string, argument: string | undefined, length: string | undefined): Fault | undefined {
  const known = formatCommands.get(name);
  if (known === undefined) return unknownCommand(name);
  if (known.argument === 'none' && (argument ?? '') !== '') {
    return { message: `%${name}% takes no argument`, fix: 'remove the parentheses' };
  }
  if (known.argument === 'required' && (argument ?? '') === '') {
    return { message: `%${name}% needs an argument`, fix: `write %${name}(...)%` };
  }
  if (length !== undefined && !known.length) {
    return { message: `%${name}% takes no length`, fix: `remove ':${length}'` };
  }
  const wrong = argument === undefined ? undefined : known.check?.(argument);
  return wrong === undefined ? undefined : { message: `%${name}%: ${wrong}`, fix: 'correct the argument' };
}

/** A command, or a form of it, that the Envoy which is aimed at does not have yet. */
function laterCommand(name: string, argument: string | undefined, release: string): Fault | undefined {
  const later = commandSince(name, argument);
  if (later === undefined || isAtLeast(release, later.since)) return undefined;
  return {
    code: 'E1007',
    message: `${later.what} was introduced in Envoy ${later.since}; the target is ${minorOf(release)}`,
    fix: `leave it out, or aim at a newer Envoy: --target envoy-${later.since}`,
  };
}

/** Commands that only this place has. */
type More = (name: string) => boolean;

const noMore: More = () => false;

/** Formatters of extensions have commands that are not known here. */
const anyMore: More = () => true;

function firstFault(text: string, more: More, release: string): Fault | undefined {
  for (let at = text.indexOf('%'); at >= 0; at = text.indexOf('%', at)) {
    if (text.startsWith('%%', at)) {
      at += 2;
      continue;
    }
    const match = command.exec(text.slice(at));
    if (match === null) {
      const message = `'${text.slice(at, at + 20)}' is not a command of a format string`;
      return { message, fix: 'write %NAME%, or %% for a percent sign' };
    }
    const [whole, name = '', argument, length] = match;
    const fault = faultOf(name, argument, length) ?? laterCommand(name, argument, release);
    if (fault !== undefined && !(more(name) && !formatCommands.has(name))) return fault;
    at += whole.length;
  }
  return undefined;
}

function* ofText(text: unknown, path: Finding['path'], more: More, release: string): Generator<Finding> {
  const fault = typeof text === 'string' ? firstFault(text, more, release) : undefined;
  if (fault !== undefined) yield { code: 'E3028', severity: 'error', path, ...fault };
}

/** Texts at any depth of a JSON format. */
function* ofJson(value: unknown, path: Finding['path'], more: More, release: string): Generator<Finding> {
  if (typeof value !== 'object' || value === null) yield* ofText(value, path, more, release);
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* ofJson(item, [...path, index], more, release);
  } else {
    for (const [key, item] of Object.entries(value)) yield* ofJson(item, [...path, key], more, release);
  }
}

function* ofFormat(format: Message, release: string): Generator<Finding> {
  const more = format.list('formatters').length > 0 ? anyMore : ownCommands(format);
  yield* ofText(format.value.text_format, [...format.path, 'text_format'], more, release);
  const source = format.at('text_format_source');
  yield* ofText(source.value.inline_string, [...source.path, 'inline_string'], more, release);
  if (isSet(format.value.json_format)) {
    yield* ofJson(format.value.json_format, [...format.path, 'json_format'], more, release);
  }
}

/** The generic proxy has streams, the transform filter bodies, with commands of their own. */
const commandsOf: readonly (readonly [prefix: string, names: ReadonlySet<string>])[] = [
  ['envoy.extensions.filters.http.transform.', new Set(['REQUEST_BODY', 'RESPONSE_BODY'])],
  [
    'envoy.extensions.filters.network.generic_proxy.',
    new Set(['GENERIC_RESPONSE_CODE', 'HOST', 'METHOD', 'REQUEST_PROPERTY', 'RESPONSE_PROPERTY']),
  ],
];

function ownCommands(message: Message): More {
  for (let outer = message.parent; outer !== undefined; outer = outer.parent) {
    const { type } = outer;
    const found = commandsOf.find(([prefix]) => type.startsWith(prefix));
    if (found !== undefined) return (name) => found[1].has(name);
  }
  return noMore;
}

export function* formatStrings(view: BootstrapView): Generator<Finding> {
  const { release } = view.api;
  for (const format of view.all('envoy.config.core.v3.SubstitutionFormatString'))
    yield* ofFormat(format, release);
  for (const option of view.all('envoy.config.core.v3.HeaderValueOption')) {
    const header = option.at('header');
    const text = header.value.value;
    // The older word for FILTER_STATE, which only headers know.
    const newer = typeof text === 'string' ? text.replaceAll('%PER_REQUEST_STATE(', '%FILTER_STATE(') : text;
    yield* ofText(newer, [...header.path, 'value'], ownCommands(option), release);
  }
  for (const log of view.all('envoy.extensions.access_loggers.file.v3.FileAccessLog')) {
    yield* ofText(log.value.format, [...log.path, 'format'], noMore, release);
    yield* ofJson(log.value.json_format, [...log.path, 'json_format'], noMore, release);
    yield* ofJson(log.value.typed_json_format, [...log.path, 'typed_json_format'], noMore, release);
  }
}
