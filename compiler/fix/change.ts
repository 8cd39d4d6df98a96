/**
 * What to do about a finding, as data, when there is no doubt about it: `envoy3 check --fix` does it.
 */
export type Change =
  /** The key that the path ends with. */
  | { readonly kind: 'rename'; readonly to: string }
  /** The text, number or boolean at the path. */
  | { readonly kind: 'value'; readonly to: string };

/** A change in a file: offsets in UTF-16 code units. */
export interface TextEdit {
  readonly file: string;
  readonly start: number;
  readonly end: number;
  readonly text: string;
}
