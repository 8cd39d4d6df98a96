/**
 * Whether a text is a program of Lua 5.1 with the additions of LuaJIT 2.1 (labels, `0x1p4`, `1LL`, `\x`, `\z`, `\u{}`), as
 * far as its grammar goes. What is in doubt is let through.
 */

export interface LuaError {
  /** One sentence. */
  readonly message: string;
  /** One-based. */
  readonly line: number;
}

type Kind = 'name' | 'keyword' | 'number' | 'string' | 'symbol' | 'end';

interface Token {
  readonly kind: Kind;
  readonly text: string;
  readonly line: number;
}

const keywords: ReadonlySet<string> = new Set(
  'and break do else elseif end false for function if in local nil not or repeat return then true until while'.split(
    ' ',
  ),
);

class Syntax extends Error {
  readonly line: number;
  constructor(message: string, line: number) {
    super(message);
    this.line = line;
  }
}

const spaces = /\s+/y;
const longOpening = /\[(=*)\[/y;
const word = /[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*/y;
const numeral =
  /(?:0[bB][01]+|0[xX](?:[\da-fA-F]+\.?[\da-fA-F]*|\.[\da-fA-F]+)(?:[pP][+-]?\d+)?|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?:[uU]?[lL][lL]|[iI])?/y;
const symbol = /\.\.\.|\.\.|==|~=|<=|>=|::|[-+*/%^#<>=(){}[\];:,.]/y;

function* tokensOf(text: string): Generator<Token> {
  let at = 0;
  let line = 1;
  const match = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    return pattern.exec(text);
  };
  const take = (length: number): string => {
    const taken = text.slice(at, at + length);
    at += length;
    line += taken.split('\n').length - 1;
    return taken;
  };
  /** A long text or comment from `[[` or `[==[`. */
  const long = (opening: RegExpExecArray): string => {
    const end = text.indexOf(`]${opening[1]}]`, at + opening[0].length);
    if (end < 0) throw new Syntax("a long text that begins with '[[' is not closed", line);
    return take(end + opening[0].length - at);
  };
  if (text.startsWith('#')) take(text.indexOf('\n') < 0 ? text.length : text.indexOf('\n'));
  while (at < text.length) {
    const blank = match(spaces);
    if (blank !== null) {
      take(blank[0].length);
      continue;
    }
    if (text.startsWith('--', at)) {
      take(2);
      const opening = match(longOpening);
      if (opening !== null) long(opening);
      else take((text.indexOf('\n', at) < 0 ? text.length : text.indexOf('\n', at)) - at);
      continue;
    }
    const opening = match(longOpening);
    if (opening !== null) {
      const begun = line;
      yield { kind: 'string', text: long(opening), line: begun };
      continue;
    }
    const quote = text[at];
    if (quote === '"' || quote === "'") {
      let end = at + 1;
      while (end < text.length && text[end] !== quote) {
        if (text[end] === '\n') throw new Syntax('a text is not closed', line);
        if (text[end] === '\\' && text[end + 1] === 'z') {
          end += 2;
          while (/\s/.test(text[end] ?? '')) end++;
        } else end += text[end] === '\\' ? 2 : 1;
      }
      if (end >= text.length) throw new Syntax('a text is not closed', line);
      yield { kind: 'string', text: take(end + 1 - at), line };
      continue;
    }
    const name = match(word);
    if (name !== null) {
      yield { kind: keywords.has(name[0]) ? 'keyword' : 'name', text: take(name[0].length), line };
      continue;
    }
    const number = match(numeral);
    if (number !== null) {
      yield { kind: 'number', text: take(number[0].length), line };
      if (match(word) !== null)
        throw new Syntax(`a number that is none: '${number[0]}${match(word)?.[0]}'`, line);
      continue;
    }
    const mark = match(symbol);
    if (mark === null) throw new Syntax(`the character '${text[at]}' means nothing in Lua`, line);
    yield { kind: 'symbol', text: take(mark[0].length), line };
  }
  yield { kind: 'end', text: '<end>', line };
}

const binary: ReadonlySet<string> = new Set([
  '+',
  '-',
  '*',
  '/',
  '%',
  '^',
  '..',
  '==',
  '~=',
  '<',
  '<=',
  '>',
  '>=',
  'and',
  'or',
]);
const unary: ReadonlySet<string> = new Set(['not', '#', '-']);
const blockEnds: ReadonlySet<string> = new Set(['end', 'else', 'elseif', 'until']);

class Parser {
  readonly #tokens: readonly Token[];
  #at = 0;

  constructor(text: string) {
    this.#tokens = [...tokensOf(text)];
  }

  program(): void {
    this.#block();
    if (this.#token.kind !== 'end') this.#unexpected();
  }

  get #token(): Token {
    return this.#tokens[this.#at] as Token;
  }

  /** The word or mark is next, and no text that looks like it. */
  #is(text: string): boolean {
    const { kind, text: has } = this.#token;
    return has === text && (kind === 'keyword' || kind === 'symbol');
  }

  #take(text: string): boolean {
    if (!this.#is(text)) return false;
    this.#at++;
    return true;
  }

  #unexpected(wanted?: string): never {
    const { text, kind, line } = this.#token;
    const found = kind === 'end' ? 'the end' : `'${text.slice(0, 30)}'`;
    throw new Syntax(
      wanted === undefined ? `${found} is not expected here` : `'${wanted}' is expected, not ${found}`,
      line,
    );
  }

  #expect(text: string): void {
    if (!this.#take(text)) this.#unexpected(text);
  }

  #name(): void {
    if (this.#token.kind !== 'name') this.#unexpected('a name');
    this.#at++;
  }

  /** The next token ends a block. */
  #isOver(): boolean {
    const { kind, text } = this.#token;
    return kind === 'end' || (kind === 'keyword' && blockEnds.has(text));
  }

  #block(): void {
    while (!this.#isOver()) {
      if (this.#take('return')) {
        if (!this.#isOver() && !this.#is(';')) this.#expressions();
        this.#take(';');
        return;
      }
      this.#statement();
      while (this.#take(';'));
    }
  }

  #until(end: string): void {
    this.#block();
    this.#expect(end);
  }

  #statement(): void {
    if (this.#take(';') || this.#take('break')) return;
    if (this.#take('do')) {
      this.#until('end');
      return;
    }
    if (this.#take('while')) {
      this.#expression();
      this.#expect('do');
      this.#until('end');
      return;
    }
    if (this.#take('repeat')) {
      this.#until('until');
      this.#expression();
      return;
    }
    if (this.#take('if')) {
      this.#if();
      return;
    }
    if (this.#take('for')) {
      this.#for();
      return;
    }
    if (this.#take('function')) {
      this.#name();
      while (this.#take('.')) this.#name();
      if (this.#take(':')) this.#name();
      this.#body();
      return;
    }
    if (this.#take('local')) {
      this.#local();
      return;
    }
    if (this.#take('::')) {
      this.#name();
      this.#expect('::');
      return;
    }
    const next = this.#tokens[this.#at + 1];
    if (this.#token.kind === 'name' && this.#token.text === 'goto' && next?.kind === 'name') {
      this.#at += 2;
      return;
    }
    this.#callOrAssignment();
  }

  #if(): void {
    this.#expression();
    this.#expect('then');
    this.#block();
    while (this.#take('elseif')) {
      this.#expression();
      this.#expect('then');
      this.#block();
    }
    if (this.#take('else')) this.#block();
    this.#expect('end');
  }

  #for(): void {
    this.#name();
    if (this.#take('=')) {
      this.#expression();
      this.#expect(',');
      this.#expression();
      if (this.#take(',')) this.#expression();
    } else {
      while (this.#take(',')) this.#name();
      this.#expect('in');
      this.#expressions();
    }
    this.#expect('do');
    this.#until('end');
  }

  #local(): void {
    if (this.#take('function')) {
      this.#name();
      this.#body();
      return;
    }
    do this.#name();
    while (this.#take(','));
    if (this.#take('=')) this.#expressions();
  }

  #callOrAssignment(): void {
    let isCall = this.#suffixed();
    if (isCall && !this.#is('=') && !this.#is(',')) return;
    while (this.#take(',')) isCall = this.#suffixed() || isCall;
    if (isCall) this.#unexpected();
    this.#expect('=');
    this.#expressions();
  }

  #body(): void {
    this.#expect('(');
    if (!this.#take(')')) {
      do {
        if (this.#take('...')) break;
        this.#name();
      } while (this.#take(','));
      this.#expect(')');
    }
    this.#until('end');
  }

  #expressions(): void {
    do this.#expression();
    while (this.#take(','));
  }

  /** Which operator binds first makes no difference to what is a program. */
  #expression(): void {
    do {
      while (this.#token.kind !== 'string' && unary.has(this.#token.text) && this.#take(this.#token.text));
      this.#simple();
    } while (this.#token.kind !== 'string' && binary.has(this.#token.text) && this.#take(this.#token.text));
  }

  #simple(): void {
    const { kind } = this.#token;
    if (kind === 'number' || kind === 'string') {
      this.#at++;
      return;
    }
    for (const word of ['nil', 'true', 'false', '...']) if (this.#take(word)) return;
    if (this.#is('{')) {
      this.#table();
      return;
    }
    if (this.#take('function')) {
      this.#body();
      return;
    }
    this.#suffixed();
  }

  #table(): void {
    this.#expect('{');
    while (!this.#is('}')) {
      const next = this.#tokens[this.#at + 1];
      if (this.#take('[')) {
        this.#expression();
        this.#expect(']');
        this.#expect('=');
      } else if (this.#token.kind === 'name' && next?.kind === 'symbol' && next.text === '=') this.#at += 2;
      this.#expression();
      if (!this.#take(',') && !this.#take(';')) break;
    }
    this.#expect('}');
  }

  /** @returns whether it ends in a call */
  #suffixed(): boolean {
    if (this.#take('(')) {
      this.#expression();
      this.#expect(')');
    } else this.#name();
    let isCall = false;
    for (;;) {
      if (this.#take('.')) {
        this.#name();
        isCall = false;
      } else if (this.#take('[')) {
        this.#expression();
        this.#expect(']');
        isCall = false;
      } else if (this.#take(':')) {
        this.#name();
        if (!this.#arguments()) this.#unexpected('(');
        isCall = true;
      } else if (this.#arguments()) isCall = true;
      else return isCall;
    }
  }

  #arguments(): boolean {
    if (this.#token.kind === 'string') {
      this.#at++;
      return true;
    }
    if (this.#is('{')) {
      this.#table();
      return true;
    }
    if (!this.#take('(')) return false;
    if (!this.#take(')')) {
      this.#expressions();
      this.#expect(')');
    }
    return true;
  }
}

/** undefined when it is a program. */
export function luaError(text: string): LuaError | undefined {
  // Compiled already.
  if (text.startsWith('\u001b')) return undefined;
  try {
    new Parser(text).program();
    return undefined;
  } catch (error) {
    // Nested deeper than the stack: not judged.
    return error instanceof Syntax ? { message: error.message, line: error.line } : undefined;
  }
}
