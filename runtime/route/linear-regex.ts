/**
 * JavaScript's own regular expressions are ten times faster than an RE2 in JavaScript, but they go back and try again,
 * which a request can abuse. For the patterns that routes mostly have (`/users/[^/]+/orders`, `.*\.html`) it can be proven
 * from the text that trying again costs no more than a constant for each octet. Those run natively, all others do not.
 *
 * The proof: the pattern is a sequence of sets of octets with a number of repeats, and of alternatives of plain texts.
 * Where a repeat could stop, and what follows cannot begin with an octet of the repeat's own set, only one stop is worth
 * trying. A repeat for which that does not hold may stop anywhere, so nothing unbounded may come after it, and the number
 * of ways through all such places of bounded length is limited.
 */

/** Which of the 256 octets. */
type OctetSet = readonly boolean[];

interface Repeat {
  readonly set: OctetSet;
  readonly source: string;
  readonly min: number;
  readonly max: number;
}

interface Alternatives {
  readonly texts: readonly string[];
  readonly source: string;
}

type Term = Repeat | Alternatives;

/** More ways than this through the places where a bounded repeat may stop anywhere: not native. */
const maxWays = 16;
const maxBound = 64;

const noOctet: OctetSet = new Array<boolean>(256).fill(false);
const setOf = (test: (octet: number) => boolean): OctetSet => noOctet.map((_, octet) => test(octet));
const between = (octet: number, low: string, high: string): boolean =>
  octet >= low.charCodeAt(0) && octet <= high.charCodeAt(0);

const isDigit = (octet: number): boolean => between(octet, '0', '9');
const isWord = (octet: number): boolean =>
  isDigit(octet) || between(octet, 'a', 'z') || between(octet, 'A', 'Z') || octet === 0x5f;
const isSpace = (octet: number): boolean => [9, 10, 12, 13, 32].includes(octet);

/** RE2's classes; its `\s` is narrower than JavaScript's. */
const escapedSets: Readonly<Record<string, OctetSet>> = {
  d: setOf(isDigit),
  D: setOf((octet) => !isDigit(octet)),
  w: setOf(isWord),
  W: setOf((octet) => !isWord(octet)),
  s: setOf(isSpace),
  S: setOf((octet) => !isSpace(octet)),
};

const anyButNewline = setOf((octet) => octet !== 10);

/** What cannot be shown to be linear, or is no part of the subset, ends the reading. */
class NotProven extends Error {}

const hex = (octet: number): string => `\\x${octet.toString(16).padStart(2, '0')}`;

function sourceOf(set: OctetSet): string {
  let source = '';
  for (let octet = 0; octet < 256; octet++) if (set[octet]) source += hex(octet);
  return `[${source}]`;
}

class PatternReader {
  private readonly pattern: string;
  private at = 0;

  constructor(pattern: string) {
    this.pattern = pattern;
  }

  /** The pattern as a sequence. @throws NotProven */
  read(): Term[] {
    const terms: Term[] = [];
    if (this.pattern[this.at] === '^') this.at++;
    while (this.at < this.pattern.length) {
      if (this.pattern[this.at] === '$' && this.at === this.pattern.length - 1) break;
      terms.push(this.term());
    }
    return terms;
  }

  private next(): string {
    const sign = this.pattern[this.at++];
    if (sign === undefined) throw new NotProven();
    return sign;
  }

  private term(): Term {
    const sign = this.next();
    if (sign === '(') return this.alternatives();
    const set = this.set(sign);
    const [min, max] = this.repeats();
    return { set, source: sourceOf(set), min, max };
  }

  private set(sign: string): OctetSet {
    if (sign === '.') return anyButNewline;
    if (sign === '[') return this.bracket();
    if (sign === '\\') return this.escaped();
    if ('^$*+?{}|)]'.includes(sign)) throw new NotProven();
    return this.single(sign);
  }

  private single(sign: string): OctetSet {
    const code = sign.charCodeAt(0);
    if (code > 255) throw new NotProven();
    return setOf((octet) => octet === code);
  }

  private escaped(): OctetSet {
    const sign = this.next();
    const set = escapedSets[sign];
    if (set !== undefined) return set;
    if (isWord(sign.charCodeAt(0))) throw new NotProven();
    return this.single(sign);
  }

  private bracket(): OctetSet {
    const negated = this.pattern[this.at] === '^';
    if (negated) this.at++;
    const members = [...noOctet];
    for (let first = true; first || this.pattern[this.at] !== ']'; first = false) {
      const sign = this.next();
      // `[]a]` and `[[:alpha:]]` are rare enough for RE2.
      if (sign === '[' || sign === ']') throw new NotProven();
      const set = sign === '\\' ? this.escaped() : this.single(sign);
      if (this.pattern[this.at] !== '-' || this.pattern[this.at + 1] === ']') {
        for (let octet = 0; octet < 256; octet++) if (set[octet]) members[octet] = true;
        continue;
      }
      this.at++;
      const end = this.next();
      if (sign === '\\' || end === '\\' || end === '[') throw new NotProven();
      if (end.charCodeAt(0) > 255) throw new NotProven();
      for (let octet = sign.charCodeAt(0); octet <= end.charCodeAt(0); octet++) members[octet] = true;
    }
    this.at++;
    return negated ? members.map((member) => !member) : members;
  }

  private repeats(): readonly [min: number, max: number] {
    const rest = this.pattern.slice(this.at, this.at + 12);
    const found = /^(?:[*+?]|\{(\d{1,3})(,(\d{0,3}))?\})/.exec(rest);
    if (found === null) return [1, 1];
    const [all, low, comma, high] = found;
    this.at += all.length;
    // `a+?` and `a**`
    if (/^[*+?{]/.test(this.pattern.slice(this.at))) throw new NotProven();
    if (all === '*') return [0, Number.POSITIVE_INFINITY];
    if (all === '+') return [1, Number.POSITIVE_INFINITY];
    if (all === '?') return [0, 1];
    const min = Number(low);
    const max = comma === undefined ? min : high === '' ? Number.POSITIVE_INFINITY : Number(high);
    if (min > maxBound || (max !== Number.POSITIVE_INFINITY && max > maxBound)) throw new NotProven();
    return [min, max];
  }

  /** `(a|b)` and `(?:a|b)` of plain texts, once. */
  private alternatives(): Alternatives {
    if (this.pattern.startsWith('?:', this.at)) this.at += 2;
    const end = this.pattern.indexOf(')', this.at);
    const inside = this.pattern.slice(this.at, end);
    if (end < 0 || !/^[\w\-/|]+$/.test(inside)) throw new NotProven();
    this.at = end + 1;
    if (/^[*+?{]/.test(this.pattern.slice(this.at))) throw new NotProven();
    const texts = inside.split('|');
    return { texts, source: `(?:${texts.join('|')})` };
  }
}

const isRepeat = (term: Term): term is Repeat => 'set' in term;

/** Whether what comes from `from` on may begin with an octet of the set. Its end does not count: nothing comes after it. */
function mayFollow(set: OctetSet, terms: readonly Term[], from: number): boolean {
  for (let at = from; at < terms.length; at++) {
    const term = terms[at] as Term;
    if (!isRepeat(term)) {
      if (term.texts.some((text) => text !== '' && set[text.charCodeAt(0)])) return true;
      if (!term.texts.includes('')) return false;
      continue;
    }
    if (term.max > 0 && term.set.some((member, octet) => member && set[octet])) return true;
    if (term.min > 0) return false;
  }
  return false;
}

/** @throws NotProven */
function prove(terms: readonly Term[]): void {
  let ways = 1;
  let stopsAnywhere = false;
  for (const [at, term] of terms.entries()) {
    if (!isRepeat(term)) {
      const { texts } = term;
      if (
        texts.some((one, index) => texts.some((other, place) => place !== index && other.startsWith(one)))
      ) {
        ways *= texts.length;
      }
    } else {
      const unbounded = term.max === Number.POSITIVE_INFINITY;
      if (unbounded && stopsAnywhere) throw new NotProven();
      if (term.min !== term.max && mayFollow(term.set, terms, at + 1)) {
        if (unbounded) stopsAnywhere = true;
        else ways *= term.max - term.min + 1;
      }
    }
    // A choice before an unbounded repeat runs it once for each way, so ways count wherever they are.
    if (ways > maxWays) throw new NotProven();
  }
}

function quantifier({ max, min }: Repeat): string {
  if (min === 1 && max === 1) return '';
  if (min === 0 && max === 1) return '?';
  if (max !== Number.POSITIVE_INFINITY) return `{${min},${max}}`;
  return min === 0 ? '*' : min === 1 ? '+' : `{${min},}`;
}

/**
 * A native expression that matches the same whole texts as the RE2 pattern does, in linear time; undefined when that cannot
 * be shown.
 * @param pattern octets that RE2 accepts
 */
export function toLinearRegExp(pattern: string): RegExp | undefined {
  try {
    const terms = new PatternReader(pattern).read();
    prove(terms);
    const source = terms.map((term) => term.source + (isRepeat(term) ? quantifier(term) : '')).join('');
    return new RegExp(`^${source}$`);
  } catch (error) {
    if (error instanceof NotProven) return undefined;
    throw error;
  }
}

/** The text that every match of the pattern begins with, `''` when nothing is certain. */
export function literalPrefix(pattern: string): string {
  // An alternative outside of parentheses makes even the first letter uncertain.
  if (pattern.replace(/\\.|\([^()]*\)|\[[^\]]*\]/g, '').includes('|') || pattern.includes('(?i')) return '';
  const start = pattern.startsWith('^') ? 1 : 0;
  const plain = /^(?:[\w\-/ ~%!@,;:=&'"<>#]|\\[.\-/+*?$^()[\]{}|])*/.exec(pattern.slice(start))?.[0] ?? '';
  // What a quantifier follows may be absent.
  const rest = pattern.slice(start + plain.length);
  const certain = /^[*?{]/.test(rest) ? plain.replace(/(?:\\.|[^\\])$/, '') : plain;
  return certain.replace(/\\(.)/g, '$1');
}
