/**
 * The language of `?filter=`: the documented grammar of go-bexpr, which Consul's API takes. Text to a tree; what the
 * selectors mean is `compile-filter.ts`'s.
 */

export type MatchOperator = 'equal' | 'in' | 'matches' | 'empty';

export type FilterExpression =
  | {
      readonly kind: 'and' | 'or';
      readonly left: FilterExpression;
      readonly right: FilterExpression;
    }
  | { readonly kind: 'not'; readonly operand: FilterExpression }
  | {
      readonly kind: 'match';
      readonly selector: readonly string[];
      readonly operator: MatchOperator;
      readonly negated: boolean;
      /** '' for `is empty`. */
      readonly value: string;
    };

/** The text is no filter. The message is worded as Consul's. */
export class FilterError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'FilterError';
  }
}

/** Longer and deeper than any that somebody writes. */
const maxLength = 8192;
const maxDepth = 64;

/** Raised where no alternative is left; caught by the parser alone. */
const noMatch = Symbol('no match');

class Parser {
  readonly #text: string;
  #at = 0;
  #furthest = 0;
  /** What would have been right at the furthest place that was reached. */
  readonly #expected = new Set<string>();

  constructor(text: string) {
    this.#text = text;
  }

  whole(): FilterExpression {
    try {
      this.#space();
      const found = this.#or(0);
      this.#space();
      if (this.#at < this.#text.length) this.#fail('EOF');
      return found;
    } catch (error) {
      if (error !== noMatch) throw error;
      throw new FilterError(this.#message());
    }
  }

  #message(): string {
    const before = this.#text.slice(0, this.#furthest).split('\n');
    const column = [...(before.at(-1) ?? '')].length + 1;
    const expected = [...this.#expected].sort();
    const last = expected.pop() ?? 'EOF';
    const list = expected.length === 0 ? last : `${expected.join(', ')} or ${last}`;
    const offset = Buffer.byteLength(this.#text.slice(0, this.#furthest), 'utf8');
    return `${before.length}:${column} (${offset}): no match found, expected: ${list}`;
  }

  #fail(expected: string): never {
    this.#miss(expected);
    throw noMatch;
  }

  #miss(expected: string): void {
    if (this.#at > this.#furthest) {
      this.#furthest = this.#at;
      this.#expected.clear();
    }
    if (this.#at === this.#furthest) this.#expected.add(expected);
  }

  /** Tries, and comes back to where it was when that leads nowhere. */
  #try<T>(read: () => T): T | undefined {
    const start = this.#at;
    try {
      return read();
    } catch (error) {
      if (error !== noMatch) throw error;
      this.#at = start;
      return undefined;
    }
  }

  #space(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) this.#at++;
    this.#miss('[ \\t\\r\\n]');
  }

  #someSpace(): void {
    if (!/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) this.#fail('[ \\t\\r\\n]');
    this.#space();
  }

  #word(word: string): void {
    if (!this.#text.startsWith(word, this.#at)) this.#fail(JSON.stringify(word));
    this.#at += word.length;
  }

  #or(depth: number): FilterExpression {
    let left = this.#and(depth);
    for (;;) {
      const right = this.#try(() => {
        this.#someSpace();
        this.#word('or');
        this.#someSpace();
        return this.#and(depth);
      });
      if (right === undefined) return left;
      left = { kind: 'or', left, right };
    }
  }

  #and(depth: number): FilterExpression {
    let left = this.#not(depth);
    for (;;) {
      const right = this.#try(() => {
        this.#someSpace();
        this.#word('and');
        this.#someSpace();
        return this.#not(depth);
      });
      if (right === undefined) return left;
      left = { kind: 'and', left, right };
    }
  }

  #not(depth: number): FilterExpression {
    if (depth > maxDepth) throw new FilterError('the filter is nested too deep');
    const operand = this.#try(() => {
      this.#word('not');
      this.#someSpace();
      return this.#not(depth + 1);
    });
    if (operand !== undefined) return { kind: 'not', operand };
    if (this.#text[this.#at] === '(') {
      this.#at++;
      return this.#parenthesized(depth);
    }
    this.#miss('"("');
    return this.#match();
  }

  #parenthesized(depth: number): FilterExpression {
    this.#space();
    const found = this.#or(depth + 1);
    this.#space();
    this.#word(')');
    return found;
  }

  #match(): FilterExpression {
    return this.#try(() => this.#selectorFirst()) ?? this.#valueFirst();
  }

  #selectorFirst(): FilterExpression {
    const selector = this.#selector();
    const operators: readonly (readonly [readonly string[], MatchOperator, boolean])[] = [
      [['contains'], 'in', false],
      [['not', 'contains'], 'in', true],
      [['matches'], 'matches', false],
      [['not', 'matches'], 'matches', true],
    ];
    for (const [sign, negated] of [
      ['==', false],
      ['!=', true],
    ] as const) {
      const value = this.#try(() => {
        this.#space();
        this.#word(sign);
        this.#space();
        return this.#value();
      });
      if (value !== undefined) return { kind: 'match', selector, operator: 'equal', negated, value };
    }
    for (const [words, operator, negated] of operators) {
      const value = this.#try(() => {
        for (const word of words) {
          this.#someSpace();
          this.#word(word);
        }
        this.#someSpace();
        return this.#value();
      });
      if (value !== undefined) return { kind: 'match', selector, operator, negated, value };
    }
    for (const negated of [false, true]) {
      const found = this.#try(() => {
        for (const word of negated ? ['is', 'not', 'empty'] : ['is', 'empty']) {
          this.#someSpace();
          this.#word(word);
        }
        return true;
      });
      if (found) return { kind: 'match', selector, operator: 'empty', negated, value: '' };
    }
    throw noMatch;
  }

  #valueFirst(): FilterExpression {
    const value = this.#value();
    for (const negated of [false, true]) {
      const selector = this.#try(() => {
        for (const word of negated ? ['not', 'in'] : ['in']) {
          this.#someSpace();
          this.#word(word);
        }
        this.#someSpace();
        return this.#selector();
      });
      if (selector !== undefined) return { kind: 'match', selector, operator: 'in', negated, value };
    }
    throw noMatch;
  }

  #identifier(): string {
    if (!/[a-zA-Z]/.test(this.#text[this.#at] ?? '')) this.#fail('[a-zA-Z]');
    const start = this.#at;
    while (/[a-zA-Z0-9_]/.test(this.#text[this.#at] ?? '')) this.#at++;
    this.#miss('[a-zA-Z0-9_]');
    return this.#text.slice(start, this.#at);
  }

  #selector(): string[] {
    const path = [this.#identifier()];
    for (;;) {
      const next =
        this.#try(() => {
          this.#word('.');
          return this.#identifier();
        }) ??
        this.#try(() => {
          this.#word('[');
          this.#space();
          const key = this.#string();
          this.#space();
          this.#word(']');
          return key;
        });
      if (next === undefined) return path;
      path.push(next);
    }
  }

  #value(): string {
    const selector = this.#try(() => this.#selector());
    if (selector !== undefined) return selector.join('.');
    return this.#try(() => this.#number()) ?? this.#string();
  }

  #number(): string {
    const start = this.#at;
    this.#try(() => this.#word('-'));
    if (this.#text[this.#at] === '0') this.#at++;
    else if (/[1-9]/.test(this.#text[this.#at] ?? '')) {
      while (/\d/.test(this.#text[this.#at] ?? '')) this.#at++;
    } else {
      this.#miss('"0"');
      this.#fail('[1-9]');
    }
    if (/^\.\d/.test(this.#text.slice(this.#at, this.#at + 2))) {
      this.#at++;
      while (/\d/.test(this.#text[this.#at] ?? '')) this.#at++;
    }
    return this.#text.slice(start, this.#at);
  }

  #string(): string {
    const rest = this.#text.slice(this.#at);
    const raw = /^`([^`]*)`/.exec(rest);
    if (raw !== null) {
      this.#at += raw[0].length;
      return raw[1] ?? '';
    }
    const quoted = /^"((?:[^"\\\n]|\\.)*)"/.exec(rest);
    if (quoted === null) {
      this.#miss('"`"');
      this.#fail('"\\""');
    }
    this.#at += quoted[0].length;
    try {
      return JSON.parse(quoted[0]) as string;
    } catch {
      // Go knows other escapes than JSON; those stand for themselves here.
      return quoted[1] ?? '';
    }
  }
}

/** @throws FilterError */
export function parseFilter(text: string): FilterExpression {
  if (text.length > maxLength) throw new FilterError(`the filter is longer than ${maxLength} characters`);
  return new Parser(text).whole();
}
