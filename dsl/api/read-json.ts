/**
 * JSON as Envoy 1.40 takes it from files that are named `.json`: numbers are numbers, which YAML leaves texts (a difference
 * where any JSON may stand, such as in metadata); single quotes, keys without quotes, and a comma after the last member
 * are fine; comments, leading zeros and numbers beyond a double are not.
 */
import type { Path } from './issue.js';
import type { YamlError, YamlPosition, YamlResult, YamlWarning } from './read-yaml.js';

/** One value with its place, so that a path finds it. */
interface Node {
  readonly value: unknown;
  readonly at: number;
  readonly members?: ReadonlyMap<string, { readonly at: number; readonly node: Node }>;
  readonly items?: readonly Node[];
}

const maxDepth = 200;

class JsonError extends Error {
  readonly at: number;

  constructor(message: string, at: number) {
    super(message);
    this.at = at;
  }
}

const escapes: Readonly<Record<string, string>> = {
  '"': '"',
  "'": "'",
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class JsonReading {
  readonly warnings: { readonly key: string; readonly at: number; readonly first: number }[] = [];
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  document(): Node {
    this.#space();
    if (this.#at === this.#text.length) throw new JsonError('the document is empty', 0);
    if (this.#text[this.#at] !== '{') throw new JsonError('the document is not an object', this.#at);
    const node = this.#value(0);
    this.#space();
    if (this.#at < this.#text.length) throw new JsonError('something follows the object', this.#at);
    return node;
  }

  #space(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#at);
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#at++;
    }
  }

  #fail(expected: string): never {
    const found = this.#text[this.#at];
    throw new JsonError(
      found === undefined
        ? `expected ${expected}, and the text ends`
        : `expected ${expected}, got '${found}'`,
      this.#at,
    );
  }

  #value(depth: number): Node {
    if (depth > maxDepth) throw new JsonError('nested too deep', this.#at);
    const at = this.#at;
    const first = this.#text[at];
    if (first === '{') return this.#object(depth);
    if (first === '[') return this.#list(depth);
    if (first === '"' || first === "'") return { value: this.#string(first), at };
    const word = /^(?:true|false|null)\b/.exec(this.#text.slice(at, at + 6))?.[0];
    if (word !== undefined) {
      this.#at += word.length;
      return { value: JSON.parse(word), at };
    }
    return { value: this.#number(), at };
  }

  #number(): number {
    const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    number.lastIndex = this.#at;
    const text = number.exec(this.#text)?.[0];
    if (text === undefined) this.#fail('a value');
    const value = Number(text);
    if (!Number.isFinite(value)) throw new JsonError(`${text} is too large a number`, this.#at);
    this.#at += text.length;
    if (/[\w.]/.test(this.#text[this.#at] ?? '')) this.#fail('the end of a number');
    return value;
  }

  /** Octets of control may stand in it as they are. */
  #string(quote: string): string {
    let out = '';
    const begin = this.#at++;
    for (;;) {
      const start = this.#at;
      while (this.#at < this.#text.length) {
        const code = this.#text.charCodeAt(this.#at);
        if (code === 0x5c || code === quote.charCodeAt(0)) break;
        this.#at++;
      }
      const end = this.#text[this.#at];
      if (end === undefined) throw new JsonError('the text has no end', start);
      out += this.#text.slice(start, this.#at++);
      if (end === quote) break;
      out += this.#escape();
    }
    if (!this.#isWhole(out)) throw new JsonError('\\u names half of a character', begin);
    return out;
  }

  /** Half of a pair of UTF-16 alone is no character. */
  #isWhole(text: string): boolean {
    return !/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/.test(text);
  }

  #escape(): string {
    const letter = this.#text[this.#at] ?? '';
    if (letter === 'u') {
      const digits = this.#text.slice(this.#at + 1, this.#at + 5);
      if (!/^[0-9a-fA-F]{4}$/.test(digits))
        throw new JsonError('\\u takes four hexadecimal digits', this.#at);
      this.#at += 5;
      return String.fromCharCode(Number.parseInt(digits, 16));
    }
    const found = escapes[letter];
    if (found === undefined) throw new JsonError(`'\\${letter}' is no escape`, this.#at - 1);
    this.#at++;
    return found;
  }

  #key(): string {
    const first = this.#text[this.#at];
    if (first === '"' || first === "'") return this.#string(first);
    const word = /[A-Za-z_]\w*/y;
    word.lastIndex = this.#at;
    const text = word.exec(this.#text)?.[0];
    if (text === undefined) this.#fail('a key');
    this.#at += text.length;
    return text;
  }

  #object(depth: number): Node {
    const at = this.#at++;
    const value: Record<string, unknown> = {};
    const members = new Map<string, { readonly at: number; readonly node: Node }>();
    for (;;) {
      this.#space();
      if (this.#text[this.#at] === '}') break;
      const keyAt = this.#at;
      const key = this.#key();
      this.#space();
      if (this.#text[this.#at] !== ':') this.#fail("':'");
      this.#at++;
      this.#space();
      const node = this.#value(depth + 1);
      const before = members.get(key);
      if (before !== undefined) this.warnings.push({ key, at: keyAt, first: before.at });
      members.set(key, { at: keyAt, node });
      Object.defineProperty(value, key, {
        value: node.value,
        enumerable: true,
        configurable: true,
        writable: true,
      });
      this.#space();
      if (this.#text[this.#at] === '}') break;
      if (this.#text[this.#at] !== ',') this.#fail("',' or '}'");
      this.#at++;
    }
    this.#at++;
    return { value, at, members };
  }

  #list(depth: number): Node {
    const at = this.#at++;
    const items: Node[] = [];
    this.#space();
    while (this.#text[this.#at] !== ']') {
      items.push(this.#value(depth + 1));
      this.#space();
      if (this.#text[this.#at] === ']') break;
      if (this.#text[this.#at] !== ',') this.#fail("',' or ']'");
      this.#at++;
      this.#space();
    }
    this.#at++;
    return { value: items.map((item) => item.value), at, items };
  }
}

function offsetOf(root: Node, path: Path): number {
  let node = root;
  let offset = root.at;
  for (const step of path) {
    const camel = String(step).replace(/_([a-z0-9])/g, (_all, letter: string) => letter.toUpperCase());
    const member = node.members?.get(String(step)) ?? node.members?.get(camel);
    const item = node.items?.[Number(step)];
    if (member !== undefined) ({ at: offset, node } = member);
    else if (item !== undefined) {
      node = item;
      offset = item.at;
    } else return offset;
  }
  return offset;
}

/** Reads a text. Never throws. */
export function readJson(text: string): YamlResult {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  const position = (offset: number): YamlPosition => {
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return { line: low + 1, column: offset - (starts[low] ?? 0) + 1 };
  };
  const reading = new JsonReading(text);
  try {
    const root = reading.document();
    const warnings = reading.warnings.map(({ at, first, key }): YamlWarning => {
      const message = `the key '${key}' stands twice in one object; Envoy takes the last one`;
      return { message, ...position(at), related: position(first) };
    });
    return { value: root.value, errors: [], warnings, locate: (path) => position(offsetOf(root, path)) };
  } catch (error) {
    if (!(error instanceof JsonError)) throw error;
    const found: YamlError = { message: error.message, ...position(error.at) };
    return { value: undefined, errors: [found], warnings: [], locate: () => undefined };
  }
}
