/**
 * Where a text stops being JSON. JSON.parse knows, and does not always tell.
 */

export interface JsonError {
  readonly offset: number;
  readonly message: string;
}

const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const scalar = /(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)(?![\w.])/y;
const space = /[ \t\r\n]*/y;

/** Deeper than any definition. */
const maxDepth = 100;

class JsonScanner {
  #at = 0;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  document(): JsonError | undefined {
    return this.#value(0) ?? (this.#at < this.#text.length ? this.#fail('the end of the text') : undefined);
  }

  #value(depth: number): JsonError | undefined {
    this.#take(space);
    const failed = this.#one(depth);
    this.#take(space);
    return failed;
  }

  #one(depth: number): JsonError | undefined {
    if (depth > maxDepth) return { offset: this.#at, message: 'nested too deep' };
    if (this.#text[this.#at] === '{') return this.#items('}', depth, true);
    if (this.#text[this.#at] === '[') return this.#items(']', depth, false);
    return this.#take(string) || this.#take(scalar) ? undefined : this.#fail('a value');
  }

  #items(end: string, depth: number, named: boolean): JsonError | undefined {
    this.#at++;
    this.#take(space);
    if (this.#skip(end)) return undefined;
    for (;;) {
      this.#take(space);
      if (named) {
        if (!this.#take(string)) return this.#fail('a name in double quotes');
        this.#take(space);
        if (!this.#skip(':')) return this.#fail("':'");
      }
      const failed = this.#value(depth + 1);
      if (failed !== undefined) return failed;
      if (this.#skip(end)) return undefined;
      if (!this.#skip(',')) return this.#fail(`',' or '${end}'`);
    }
  }

  #skip(char: string): boolean {
    if (this.#text[this.#at] !== char) return false;
    this.#at++;
    return true;
  }

  #take(pattern: RegExp): boolean {
    pattern.lastIndex = this.#at;
    if (!pattern.test(this.#text)) return false;
    this.#at = pattern.lastIndex;
    return true;
  }

  #fail(wanted: string): JsonError {
    const char = this.#text[this.#at];
    const found = char === undefined ? 'the text ends' : `found ${JSON.stringify(char)}`;
    return { offset: this.#at, message: `${found} where ${wanted} is expected` };
  }
}

/** @returns undefined when the text is JSON */
export function findJsonError(text: string): JsonError | undefined {
  return new JsonScanner(text).document();
}
