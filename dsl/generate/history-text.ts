/**
 * What older releases differ in, as text: one line a fact, each with the releases that it holds in. Inverse functions.
 *
 *     releases 1.36.4 1.37.0 1.38.3 1.39.3 1.40.0
 *     message 1.38+ envoy.config.core.v3.New                         in 1.38 and since
 *     message envoy.config.cluster.v3.Cluster
 *       1.39+ dns_jitter                                             the field as 1.40 has it
 *       1.36..1.39 8 health_checks envoy.config.core.v3.HealthCheck repeated   as older ones had it
 *     message 1.36..1.38 envoy.config.listener.v3.Gone
 *       head 1.36..1.38 envoy/config/listener/v3/listener.proto [required=oneof,oneof]
 *     enum ...
 *       1.36 7 OLD [fatal]
 *     extension 1.36..1.38 CATEGORY NAME TYPE...
 *
 * Releases stand by their first two numbers; `1.38+` is up to the newest, `1.36..1.37,1.39` leaves one out.
 */
import type { ApiHistory, EnumMember, Holding, OlderForm, TypeHistory } from '../api/model/api-history.js';
import type { EnumModel, ExtensionModel, FieldModel, MessageModel } from '../api/model/api-model.js';
import { formatField, parseField } from './facts-text.js';

function minorOf(release: string): string {
  return release.split('.').slice(0, 2).join('.');
}

function formatHolding(held: Holding, minors: readonly string[]): string {
  const ranges: string[] = [];
  for (let at = 0; at < held.length; at++) {
    const first = held[at] as number;
    let last = first;
    while (held[at + 1] === last + 1) last = held[++at] as number;
    const name = minors[first] as string;
    if (last === minors.length - 1) ranges.push(`${name}+`);
    else ranges.push(last === first ? name : `${name}..${minors[last]}`);
  }
  return ranges.join(',');
}

function parseHolding(text: string, minors: readonly string[]): number[] {
  return text.split(',').flatMap((range) => {
    const [first = '', last] = range.endsWith('+') ? [range.slice(0, -1), minors.at(-1)] : range.split('..');
    const [from, to] = [minors.indexOf(first), minors.indexOf(last ?? first)];
    if (from < 0 || to < from) throw new Error(`history: '${text}' names no releases`);
    return minors.slice(from, to + 1).map((_minor, index) => from + index);
  });
}

type MessageHead = Omit<MessageModel, 'fields'>;
type EnumHead = Pick<EnumModel, 'file'>;

function formatHead({ file, requiredOneofs }: MessageHead): string {
  return requiredOneofs === undefined ? file : `${file} required=${requiredOneofs.join(',')}`;
}

function parseHead(words: readonly string[]): MessageHead {
  const [file = '', required] = words;
  return required === undefined
    ? { file }
    : { file, requiredOneofs: required.replace('required=', '').split(',') };
}

function formatValue({ fatal, name, number }: EnumMember): string {
  return `${number} ${name}${fatal ? ' fatal' : ''}`;
}

function parseValue(words: readonly string[]): EnumMember {
  return { name: words[1] ?? '', number: Number(words[0]), fatal: words[2] === 'fatal' };
}

function formatType<Head, Member>(
  word: string,
  name: string,
  type: TypeHistory<Head, Member>,
  minors: readonly string[],
  write: { head(head: Head): string; member(member: Member): string },
): string[] {
  const releases = type.in === undefined ? '' : `${formatHolding(type.in, minors)} `;
  return [
    `${word} ${releases}${name}`,
    ...type.heads.map((form) => `  head ${formatHolding(form.in, minors)} ${write.head(form.fact)}`),
    ...Object.entries(type.members).map(([member, held]) => `  ${formatHolding(held, minors)} ${member}`),
    ...type.older.map((form) => `  ${formatHolding(form.in, minors)} ${write.member(form.fact)}`),
  ];
}

export function formatHistory(history: ApiHistory): string {
  const minors = history.releases.map(minorOf);
  const lines = [`releases ${history.releases.join(' ')}`];
  for (const [name, type] of Object.entries(history.messages)) {
    const member = (field: FieldModel): string => formatField(field).trim();
    lines.push(...formatType('message', name, type, minors, { head: formatHead, member }));
  }
  for (const [name, type] of Object.entries(history.enums)) {
    const head = ({ file }: EnumHead): string => file;
    lines.push(...formatType('enum', name, type, minors, { head, member: formatValue }));
  }
  for (const { fact, in: held } of history.extensions) {
    lines.push(['extension', formatHolding(held, minors), fact.category, fact.name, ...fact.types].join(' '));
  }
  return `${lines.join('\n')}\n`;
}

interface OpenType {
  in?: Holding;
  heads: OlderForm<MessageHead>[];
  members: Record<string, Holding>;
  older: OlderForm<FieldModel & EnumMember>[];
}

function addMember(type: OpenType, kind: 'message' | 'enum', line: string, minors: readonly string[]): void {
  const [first = '', second = '', ...rest] = line.trim().split(' ');
  if (first === 'head') {
    type.heads.push({ in: parseHolding(second, minors), fact: parseHead(rest) });
    return;
  }
  const held = parseHolding(first, minors);
  if (rest.length === 0) type.members[second] = held;
  else {
    const text = line.trim().slice(first.length + 1);
    const fact = kind === 'message' ? parseField(text) : parseValue(text.split(' '));
    type.older.push({ in: held, fact: fact as FieldModel & EnumMember });
  }
}

/** @throws Error that says what is wrong when the text is not of this format. */
export function parseHistory(text: string): ApiHistory {
  let releases: string[] = [];
  let minors: string[] = [];
  const types: Record<'message' | 'enum', Record<string, OpenType>> = { message: {}, enum: {} };
  const extensions: OlderForm<ExtensionModel>[] = [];
  let kind: 'message' | 'enum' = 'message';
  let type: OpenType | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    const [word = '', ...rest] = line.split(' ');
    if (line.startsWith('  ')) {
      if (type === undefined) throw new Error(`history: line ${index + 1} belongs to nothing`);
      addMember(type, kind, line, minors);
    } else if (word === 'releases') {
      releases = rest;
      minors = rest.map(minorOf);
    } else if (word === 'message' || word === 'enum') {
      kind = word;
      type = { heads: [], members: {}, older: [] };
      const name = rest.at(-1) ?? '';
      if (rest.length > 1) type.in = parseHolding(rest[0] ?? '', minors);
      types[kind][name] = type;
    } else if (word === 'extension') {
      const [held = '', category = '', name = '', ...messages] = rest;
      extensions.push({ in: parseHolding(held, minors), fact: { category, name, types: messages } });
    } else throw new Error(`history: line ${index + 1} starts with '${word}'`);
  }
  return { releases, messages: types.message, enums: types.enum, extensions };
}
