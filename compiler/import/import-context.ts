/**
 * What recognisers of builders may ask while a configuration is written as a module.
 */
import type { Cluster } from '../../dsl/index.js';
import type { Expression, Fields } from './expression.js';

export interface ImportContext {
  /** The expression of a message, by a builder where one fits. @param type full proto name */
  message(type: string, value: unknown): Expression;
  /** Fields of a message that a builder does not take, as an object; undefined when there is none. */
  rest(type: string, value: Fields, taken: readonly string[]): Expression | undefined;
  /** A cluster of this configuration, by its identifier; undefined when there is none of that name. */
  cluster(name: string): (Expression & { readonly value: Cluster }) | undefined;
}

/** @returns undefined when the builder does not fit; otherwise a call whose value the caller compares */
export type Recogniser = (value: Fields, context: ImportContext) => Expression | undefined;
