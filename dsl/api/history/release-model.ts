/**
 * The API of an older release: that of the newest with the differences put in.
 */
import type { ApiHistory, EnumHistory, Holding, MessageHistory, OlderForm } from '../model/api-history.js';
import type { ApiModel, EnumModel, FieldModel, MessageModel } from '../model/api-model.js';

function holds(held: Holding | undefined, release: number): boolean {
  return held === undefined || held.includes(release);
}

function formIn<Fact>(forms: readonly OlderForm<Fact>[], release: number): Fact | undefined {
  return forms.find((form) => form.in.includes(release))?.fact;
}

/** The members of the newest release that are in this one, in their order, and what it has besides in its place or at the end. */
function membersIn<Member extends { readonly name: string }>(
  newest: readonly Member[],
  history: {
    readonly members: Readonly<Record<string, Holding>>;
    readonly older: readonly OlderForm<Member>[];
  },
  release: number,
): Member[] {
  const other = new Map(
    history.older.filter((form) => form.in.includes(release)).map(({ fact }) => [fact.name, fact]),
  );
  const kept = newest.flatMap((member) => {
    const older = other.get(member.name);
    if (older !== undefined) return [older];
    return holds(history.members[member.name], release) ? [member] : [];
  });
  const names = new Set(newest.map(({ name }) => name));
  return [...kept, ...[...other.values()].filter(({ name }) => !names.has(name))];
}

function messageIn(newest: MessageModel | undefined, history: MessageHistory, release: number): MessageModel {
  const { fields = [], ...head } = newest ?? { file: '' };
  return {
    ...(formIn(history.heads, release) ?? head),
    fields: membersIn<FieldModel>(fields, history, release),
  };
}

function enumIn(newest: EnumModel | undefined, history: EnumHistory, release: number): EnumModel {
  const current = Object.entries(newest?.values ?? {}).map(([name, number]) => ({
    name,
    number,
    fatal: newest?.fatal?.includes(name) === true,
  }));
  const members = membersIn(current, history, release);
  const fatal = members.filter((member) => member.fatal).map(({ name }) => name);
  return {
    file: formIn(history.heads, release)?.file ?? newest?.file ?? '',
    values: Object.fromEntries(members.map(({ name, number }) => [name, number])),
    ...(fatal.length === 0 ? {} : { fatal }),
  };
}

function typesIn<Model, History extends { readonly in?: Holding }>(
  newest: Readonly<Record<string, Model>>,
  histories: Readonly<Record<string, History>>,
  release: number,
  make: (newest: Model | undefined, history: History) => Model,
): Record<string, Model> {
  const types: Record<string, Model> = { ...newest };
  for (const [name, history] of Object.entries(histories)) {
    if (holds(history.in, release)) types[name] = make(newest[name], history);
    else delete types[name];
  }
  return types;
}

/** @param release position in `history.releases` */
export function releaseModel(newest: ApiModel, history: ApiHistory, release: number): ApiModel {
  const differing = history.extensions.filter((form) => form.in.includes(history.releases.length - 1));
  const keyOf = ({ category, name }: { category: string; name: string }, types: readonly string[]): string =>
    [category, name, ...types].join(' ');
  const absent = new Set(
    differing.filter((form) => !form.in.includes(release)).map(({ fact }) => keyOf(fact, fact.types)),
  );
  const since = new Set(differing.map(({ fact }) => keyOf(fact, fact.types)));
  const others = history.extensions
    .filter(({ fact, in: held }) => held.includes(release) && !since.has(keyOf(fact, fact.types)))
    .map(({ fact }) => fact);
  return {
    release: history.releases[release] ?? '',
    messages: typesIn(newest.messages, history.messages, release, (message, one) =>
      messageIn(message, one, release),
    ),
    enums: typesIn(newest.enums, history.enums, release, (type, one) => enumIn(type, one, release)),
    extensions: [...newest.extensions.filter((one) => !absent.has(keyOf(one, one.types))), ...others],
  };
}
