/**
 * How the API came to be what it is: what older releases of Envoy lack, and what they have that the newest does not. Only
 * differences are here; together with the `ApiModel` of the newest release they give that of each older one.
 */
import type { EnumModel, ExtensionModel, FieldModel, MessageModel } from './api-model.js';

/** Positions in `ApiHistory.releases` of the releases that something holds in, ascending. */
export type Holding = readonly number[];

/** A form that the newest release does not have. */
export interface OlderForm<Fact> {
  readonly in: Holding;
  readonly fact: Fact;
}

/** One message or enum. Without `in` it is in every release. */
export interface TypeHistory<Head, Member> {
  readonly in?: Holding;
  /** Other forms of the line that begins it (its file, its required oneofs). */
  readonly heads: readonly OlderForm<Head>[];
  /** Members, in the form of the newest release, that are not in every release which has the type: by name. */
  readonly members: Readonly<Record<string, Holding>>;
  readonly older: readonly OlderForm<Member>[];
}

/** A value of an enum. */
export interface EnumMember {
  readonly name: string;
  readonly number: number;
  readonly fatal: boolean;
}

export type MessageHistory = TypeHistory<Omit<MessageModel, 'fields'>, FieldModel>;
export type EnumHistory = TypeHistory<Pick<EnumModel, 'file'>, EnumMember>;

export interface ApiHistory {
  /** Oldest first; the last is that of the `ApiModel`. */
  readonly releases: readonly string[];
  readonly messages: Readonly<Record<string, MessageHistory>>;
  readonly enums: Readonly<Record<string, EnumHistory>>;
  /** Those that are not in every release. */
  readonly extensions: readonly OlderForm<ExtensionModel>[];
}
