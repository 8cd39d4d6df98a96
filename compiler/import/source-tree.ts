/**
 * TypeScript as a tree, and its text: on one line what fits there, else one member a line.
 */
export type Source =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'object'; readonly members: readonly (readonly [key: string, source: Source])[] }
  | { readonly kind: 'list'; readonly items: readonly Source[] }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Source[] };

const width = 100;

/** Text that is TypeScript already: an identifier, say. */
export function sourceText(text: string): Source {
  return { kind: 'text', text };
}

/** A call of a function. */
export function sourceCall(name: string, ...args: readonly Source[]): Source {
  return { kind: 'call', name, args };
}

function quoted(text: string): string {
  const json = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  return `'${json.replaceAll("'", "\\'").replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029')}'`;
}

/** Several lines stay several lines; what a template would change is escaped. */
function template(text: string): string {
  const escaped = text.replace(/[\\`]|\$\{/g, '\\$&').replaceAll('\r', '\\r');
  return `\`${escaped}\``;
}

/** A text, number, boolean or null. */
export function sourceScalar(value: unknown): Source {
  if (typeof value === 'string') {
    const isBlock = value.includes('\n') && !/[\u0000-\u0009\u000b-\u001f\u007f\u2028\u2029]/.test(value);
    return sourceText(isBlock ? template(value) : quoted(value));
  }
  if (typeof value === 'number' && !Number.isFinite(value)) return sourceText(quoted(String(value)));
  return sourceText(Object.is(value, -0) ? '-0' : String(value));
}

function keyText(key: string): string {
  if (key === '__proto__') return "['__proto__']";
  return /^[A-Za-z_$][\w$]*$/.test(key) ? key : quoted(key);
}

/** undefined when a part has a line break of its own. */
function onOneLine(source: Source): string | undefined {
  const all = (parts: readonly Source[]): string | undefined => {
    const texts = parts.map(onOneLine);
    return texts.includes(undefined) ? undefined : texts.join(', ');
  };
  switch (source.kind) {
    case 'text':
      return source.text.includes('\n') ? undefined : source.text;
    case 'object': {
      if (source.members.length === 0) return '{}';
      const texts = source.members.map(([key, member]) => {
        const text = onOneLine(member);
        const name = keyText(key);
        return text === undefined ? undefined : text === name ? name : `${name}: ${text}`;
      });
      return texts.includes(undefined) ? undefined : `{ ${texts.join(', ')} }`;
    }
    case 'list': {
      const text = all(source.items);
      return text === undefined ? undefined : `[${text}]`;
    }
    case 'call': {
      const text = all(source.args);
      return text === undefined ? undefined : `${source.name}(${text})`;
    }
  }
}

function member([key, value]: readonly [string, Source], indent: string): string {
  const name = keyText(key);
  if (value.kind === 'text' && value.text === name) return `${indent}${name},\n`;
  return `${indent}${name}: ${print(value, indent, indent.length + name.length + 3)},\n`;
}

function print(source: Source, indent: string, column: number): string {
  const line = onOneLine(source);
  if (line !== undefined && column + line.length <= width) return line;
  const deeper = `${indent}  `;
  switch (source.kind) {
    case 'text':
      return source.text;
    case 'object':
      return `{\n${source.members.map((one) => member(one, deeper)).join('')}${indent}}`;
    case 'list':
      return `[\n${source.items.map((item) => `${deeper}${print(item, deeper, deeper.length + 1)},\n`).join('')}${indent}]`;
    case 'call': {
      // The last argument opens on the line of the call when all others fit before it.
      const [last, ...before] = [...source.args].reverse();
      const heads = before.reverse().map(onOneLine);
      const head = `${source.name}(${heads.map((text) => `${text}, `).join('')}`;
      if (
        last !== undefined &&
        last.kind !== 'text' &&
        !heads.includes(undefined) &&
        column + head.length < width - 10
      ) {
        return `${head}${print(last, indent, column + head.length + 1)})`;
      }
      const args = source.args.map((arg) => `${deeper}${print(arg, deeper, deeper.length + 1)},\n`);
      return `${source.name}(\n${args.join('')}${indent})`;
    }
  }
}

/** @param column at which the text begins */
export function printSource(source: Source, column = 0): string {
  return print(source, '', column);
}
