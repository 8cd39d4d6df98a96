/**
 * The models of several releases -> what differs between them. The newest is the measure.
 */
import type {
  ApiHistory,
  EnumHistory,
  EnumMember,
  Holding,
  MessageHistory,
  OlderForm,
  TypeHistory,
} from '../api/model/api-history.js';
import type { ApiModel, EnumModel, FieldModel, MessageModel } from '../api/model/api-model.js';

/** A message or an enum in one release, in the words of both. */
interface TypeForm<Head, Member extends { readonly name: string }> {
  readonly head: Head;
  readonly members: readonly Member[];
}

export type MessageForm = TypeForm<Omit<MessageModel, 'fields'>, FieldModel>;
export type EnumForm = TypeForm<Pick<EnumModel, 'file'>, EnumMember>;

export function messageForm({ fields, ...head }: MessageModel): MessageForm {
  return { head, members: fields };
}

export function enumForm({ fatal, file, values }: EnumModel): EnumForm {
  const members = Object.entries(values).map(([name, number]) => ({
    name,
    number,
    fatal: fatal?.includes(name) === true,
  }));
  return { head: { file }, members };
}

/** Equal facts are written alike. */
function keyOf(fact: unknown): string {
  return JSON.stringify(fact);
}

/** Every form that older releases have, with the releases that have it. */
function formsOf<Fact>(facts: readonly (Fact | undefined)[]): Map<string, { in: number[]; fact: Fact }> {
  const forms = new Map<string, { in: number[]; fact: Fact }>();
  for (const [index, fact] of facts.entries()) {
    if (fact === undefined) continue;
    const form = forms.get(keyOf(fact)) ?? { in: [], fact };
    form.in.push(index);
    forms.set(keyOf(fact), form);
  }
  return forms;
}

/** @param forms of one type, one for each release that is compared, the newest last; undefined where it is not there */
function compareType<Head, Member extends { readonly name: string }>(
  forms: readonly (TypeForm<Head, Member> | undefined)[],
): TypeHistory<Head, Member> | undefined {
  const newest = forms.length - 1;
  const held = forms.flatMap((form, index) => (form === undefined ? [] : [index]));
  const current = forms[newest];
  const heads: OlderForm<Head>[] = [];
  for (const form of formsOf(forms.map((one) => one?.head)).values()) {
    if (!form.in.includes(newest)) heads.push(form);
  }
  const names = [
    ...new Set([...forms].reverse().flatMap((form) => form?.members.map(({ name }) => name) ?? [])),
  ];
  const members: Record<string, Holding> = {};
  const older: OlderForm<Member>[] = [];
  for (const name of names) {
    const facts = forms.map((form) => form?.members.find((member) => member.name === name));
    for (const form of formsOf(facts).values()) {
      if (!form.in.includes(newest)) older.push(form);
      else if (form.in.length < held.length) members[name] = form.in;
    }
  }
  const everywhere = held.length === forms.length && current !== undefined;
  if (everywhere && heads.length + older.length + Object.keys(members).length === 0) return undefined;
  return { ...(everywhere ? {} : { in: held }), heads, members, older };
}

function compareTypes<Model, Head, Member extends { readonly name: string }>(
  models: readonly Readonly<Record<string, Model>>[],
  formOf: (model: Model) => TypeForm<Head, Member>,
): Record<string, TypeHistory<Head, Member>> {
  const names = [...new Set(models.flatMap((one) => Object.keys(one)))].sort();
  const found: Record<string, TypeHistory<Head, Member>> = {};
  for (const name of names) {
    const forms = models.map((model) => {
      const type = model[name];
      return type === undefined ? undefined : formOf(type);
    });
    const history = compareType(forms);
    if (history !== undefined) found[name] = history;
  }
  return found;
}

/** Slots have their categories from the comments of the protos, which a binary does not have: the newest release's count. */
function withCategories(model: ApiModel, newest: ApiModel): ApiModel {
  const messages = Object.entries(model.messages).map(([name, message]) => {
    const categories = new Map(newest.messages[name]?.fields.map((field) => [field.name, field.category]));
    const fields = message.fields.map((field): FieldModel => {
      const { rules, category = categories.get(field.name), ...rest } = field;
      // In the order in which the facts are written, so that equal fields are equal texts.
      return {
        ...rest,
        ...(category === undefined ? {} : { category }),
        ...(rules === undefined ? {} : { rules }),
      };
    });
    return [name, { ...message, fields }] as const;
  });
  return { ...model, messages: Object.fromEntries(messages) };
}

/** @param older oldest first */
export function compareReleases(older: readonly ApiModel[], newest: ApiModel): ApiHistory {
  const models = [...older, newest].map((model) => withCategories(model, newest));
  const messages: Record<string, MessageHistory> = compareTypes(
    models.map((model) => model.messages),
    messageForm,
  );
  const enums: Record<string, EnumHistory> = compareTypes(
    models.map((model) => model.enums),
    enumForm,
  );
  const extensions = models.flatMap((model) => model.extensions);
  const forms = new Map(extensions.map((extension) => [keyOf(extension), extension]));
  const held = [...forms].map(([key, fact]) => ({
    fact,
    in: models.flatMap((model, index) => (model.extensions.some((one) => keyOf(one) === key) ? [index] : [])),
  }));
  return {
    releases: models.map(({ release }) => release),
    messages,
    enums,
    extensions: held
      .filter((form) => form.in.length < models.length)
      .sort((a, b) => (`${a.fact.category} ${a.fact.name}` < `${b.fact.category} ${b.fact.name}` ? -1 : 1)),
  };
}
