/**
 * A text that a regular expression takes, for requests that are to meet a route. Best effort: the caller puts the text to
 * the expression. Groups, classes, alternatives and repetitions of RE2 are known; of each the shortest is taken, but for
 * `*`, which is taken once where that makes the text longer.
 */
const classes: Readonly<Record<string, string>> = { d: '0', D: 'a', w: 'a', W: '-', s: ' ', S: 'a' };

class Sampler {
  readonly #pattern: string;
  #at = 0;

  constructor(pattern: string) {
    this.#pattern = pattern;
  }

  get #next(): string {
    return this.#pattern[this.#at] ?? '';
  }

  alternatives(): string {
    let first: string | undefined;
    for (;;) {
      const branch = this.#sequence();
      first ??= branch;
      if (this.#next !== '|') return first;
      this.#at++;
    }
  }

  #sequence(): string {
    let out = '';
    while (this.#next !== '' && this.#next !== '|' && this.#next !== ')') out += this.#repeated();
    return out;
  }

  #repeated(): string {
    const atom = this.#atom();
    const rest = this.#pattern.slice(this.#at);
    const match = /^(?:[*+?]|\{(\d+)(?:,\d*)?\})\??/.exec(rest);
    if (match === null) return atom;
    this.#at += match[0].length;
    if (match[0].startsWith('?')) return '';
    return match[1] === undefined ? atom : atom.repeat(Math.min(Number(match[1]), 100));
  }

  #atom(): string {
    const character = this.#next;
    this.#at++;
    switch (character) {
      case '(': {
        const flags = /^\?(?:P?<\w+>|[a-zA-Z-]*:|[a-zA-Z-]+(?=\)))/.exec(this.#pattern.slice(this.#at));
        if (flags !== null) this.#at += flags[0].length;
        const inside = this.alternatives();
        this.#at++;
        return inside;
      }
      case '[':
        return this.#set();
      case '.':
        return 'a';
      case '^':
      case '$':
        return '';
      case '\\': {
        const escaped = this.#next;
        this.#at++;
        if (escaped === 'b' || escaped === 'B' || escaped === 'A' || escaped === 'z') return '';
        return classes[escaped] ?? escaped;
      }
      default:
        return character;
    }
  }

  #set(): string {
    const end = this.#pattern.indexOf(']', this.#at + (this.#pattern[this.#at] === '^' ? 2 : 1));
    const inside = this.#pattern.slice(this.#at, end < 0 ? undefined : end);
    this.#at = end < 0 ? this.#pattern.length : end + 1;
    if (!inside.startsWith('^')) {
      const first = inside.startsWith('\\') ? (classes[inside[1] ?? ''] ?? inside[1]) : inside[0];
      return first ?? '';
    }
    return ['a', '0', '-', '/', '~'].find((one) => new RegExp(`[${inside}]`).test(one)) ?? 'a';
  }
}

/** Never throws; `''` when nothing comes to mind. */
export function sampleRegex(pattern: string): string {
  try {
    return new Sampler(pattern).alternatives();
  } catch {
    return '';
  }
}
