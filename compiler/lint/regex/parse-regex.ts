/**
 * Regular expressions of RE2 as a tree, as far as they describe a language in the strict sense. What a tree cannot say
 * (boundaries, flags, Unicode classes) makes the whole expression undecided, never wrong.
 */

/** Inclusive code points. */
export type Range = readonly [from: number, to: number];

export type Regex =
  | { readonly kind: 'set'; readonly ranges: readonly Range[] }
  | { readonly kind: 'sequence'; readonly parts: readonly Regex[] }
  | { readonly kind: 'choice'; readonly parts: readonly Regex[] }
  /** `max` undefined: without end. */
  | { readonly kind: 'repeat'; readonly part: Regex; readonly min: number; readonly max: number | undefined };

export const lastCodePoint = 0x10ffff;

const classes: Readonly<Record<string, readonly Range[]>> = {
  d: [[48, 57]],
  w: [
    [48, 57],
    [65, 90],
    [95, 95],
    [97, 122],
  ],
  s: [
    [9, 10],
    [12, 13],
    [32, 32],
  ],
};

const posix: Readonly<Record<string, readonly Range[]>> = {
  alpha: [
    [65, 90],
    [97, 122],
  ],
  digit: [[48, 57]],
  alnum: [
    [48, 57],
    [65, 90],
    [97, 122],
  ],
  lower: [[97, 122]],
  upper: [[65, 90]],
  word: classes.w ?? [],
  xdigit: [
    [48, 57],
    [65, 70],
    [97, 102],
  ],
};

const controls: Readonly<Record<string, number>> = { n: 10, t: 9, r: 13, f: 12, v: 11, a: 7 };

export function complement(ranges: readonly Range[]): readonly Range[] {
  const out: Range[] = [];
  let next = 0;
  for (const [from, to] of [...ranges].sort((a, b) => a[0] - b[0])) {
    if (from > next) out.push([next, from - 1]);
    next = Math.max(next, to + 1);
  }
  if (next <= lastCodePoint) out.push([next, lastCodePoint]);
  return out;
}

export const empty: Regex = { kind: 'sequence', parts: [] };

/** Every character but a line feed, as `.` has it. */
export const anyCharacter: Regex = { kind: 'set', ranges: complement([[10, 10]]) };

/** A text as it stands; with `anyCase` its ASCII letters in both cases. */
export function literal(text: string, anyCase = false): Regex {
  const parts = [...text].map((character): Regex => {
    const forms = anyCase ? [character.toLowerCase(), character.toUpperCase()] : [character];
    const ranges = [...new Set(forms)]
      .filter((form) => [...form].length === 1)
      .map((form): Range => [form.codePointAt(0) ?? 0, form.codePointAt(0) ?? 0]);
    return { kind: 'set', ranges };
  });
  return { kind: 'sequence', parts };
}

/** Thrown inside the parser only. */
class Undecided extends Error {}

class Parser {
  readonly #text: readonly string[];
  #at = 0;

  constructor(text: string) {
    this.#text = [...text];
  }

  parse(): Regex {
    const result = this.#choice(true);
    if (this.#at < this.#text.length) throw new Undecided();
    return result;
  }

  #peek(): string | undefined {
    return this.#text[this.#at];
  }

  #take(text: string): boolean {
    if (this.#peek() !== text) return false;
    this.#at++;
    return true;
  }

  #next(): string {
    const character = this.#text[this.#at++];
    if (character === undefined) throw new Undecided();
    return character;
  }

  /** @param outer whether anchors stand at the ends of the whole expression */
  #choice(outer: boolean): Regex {
    const parts = [this.#sequence(outer)];
    while (this.#take('|')) parts.push(this.#sequence(outer));
    return parts.length === 1 ? (parts[0] ?? empty) : { kind: 'choice', parts };
  }

  #sequence(outer: boolean): Regex {
    const parts: Regex[] = [];
    if (outer) while (this.#take('^'));
    for (let next = this.#peek(); next !== undefined && next !== '|' && next !== ')'; next = this.#peek()) {
      if (next === '$' && outer) {
        this.#at++;
        const end = this.#peek();
        if (end !== undefined && end !== '|') throw new Undecided();
        break;
      }
      parts.push(this.#repeated());
    }
    return { kind: 'sequence', parts };
  }

  #repeated(): Regex {
    let part = this.#atom();
    for (;;) {
      const bounds = this.#bounds();
      if (bounds === undefined) return part;
      this.#take('?');
      part = { kind: 'repeat', part, min: bounds[0], max: bounds[1] };
    }
  }

  #bounds(): readonly [number, number | undefined] | undefined {
    if (this.#take('*')) return [0, undefined];
    if (this.#take('+')) return [1, undefined];
    if (this.#take('?')) return [0, 1];
    if (this.#peek() !== '{') return undefined;
    const rest = this.#text.slice(this.#at, this.#at + 12).join('');
    const [all, min, comma, max] = /^\{(\d{1,4})(,?)(\d{0,4})\}/.exec(rest) ?? [];
    if (all === undefined) return undefined;
    this.#at += all.length;
    return [Number(min), comma === '' ? Number(min) : max === '' ? undefined : Number(max)];
  }

  #atom(): Regex {
    const character = this.#next();
    if (character === '(') return this.#group();
    if (character === '[') return { kind: 'set', ranges: this.#set() };
    if (character === '.') return anyCharacter;
    if (character === '\\') return { kind: 'set', ranges: this.#escape() };
    if ('*+?^$'.includes(character)) throw new Undecided();
    const code = character.codePointAt(0) ?? 0;
    return { kind: 'set', ranges: [[code, code]] };
  }

  #group(): Regex {
    if (this.#take('?')) {
      if (this.#take('P') || this.#peek() === '<') {
        if (!this.#take('<')) throw new Undecided();
        while (!this.#take('>')) this.#next();
      } else if (!this.#take(':')) throw new Undecided();
    }
    const inner = this.#choice(false);
    if (!this.#take(')')) throw new Undecided();
    return inner;
  }

  #escape(): readonly Range[] {
    const character = this.#next();
    const lower = classes[character.toLowerCase()];
    if (lower !== undefined) return character === character.toLowerCase() ? lower : complement(lower);
    if (/[A-Za-z0-9]/.test(character)) {
      const code = character === 'x' ? this.#hex() : controls[character];
      if (code === undefined) throw new Undecided();
      return [[code, code]];
    }
    const code = character.codePointAt(0) ?? 0;
    return [[code, code]];
  }

  #hex(): number {
    const digits = this.#text.slice(this.#at, this.#at + 2).join('');
    if (!/^[0-9A-Fa-f]{2}$/.test(digits)) throw new Undecided();
    this.#at += 2;
    return Number.parseInt(digits, 16);
  }

  #set(): readonly Range[] {
    const negated = this.#take('^');
    const ranges: Range[] = [];
    for (let first = true; first || this.#peek() !== ']'; first = false) {
      if (this.#peek() === '[' && this.#text[this.#at + 1] === ':') {
        const name = /^\[:(\w+):\]/.exec(this.#text.slice(this.#at, this.#at + 12).join(''))?.[1] ?? '';
        const found = posix[name];
        if (found === undefined) throw new Undecided();
        this.#at += name.length + 4;
        ranges.push(...found);
        continue;
      }
      const from = this.#take('\\') ? this.#escape() : this.#single();
      const [only] = from;
      if (
        this.#peek() === '-' &&
        this.#text[this.#at + 1] !== ']' &&
        from.length === 1 &&
        only?.[0] === only?.[1]
      ) {
        this.#at++;
        const to = this.#take('\\') ? this.#escape() : this.#single();
        const [low, high] = [only?.[0] ?? 0, to[0]?.[0] ?? 0];
        if (to.length !== 1 || high < low) throw new Undecided();
        ranges.push([low, high]);
      } else ranges.push(...from);
    }
    this.#at++;
    return negated ? complement(ranges) : ranges;
  }

  #single(): readonly Range[] {
    const code = this.#next().codePointAt(0) ?? 0;
    return [[code, code]];
  }
}

/** The language of a full match; undefined when it is not one that this module can tell. */
export function parseRegex(text: string): Regex | undefined {
  try {
    return new Parser(text).parse();
  } catch (error) {
    if (error instanceof Undecided) return undefined;
    throw error;
  }
}
