/**
 * A record whose values are parsed when they are first asked for: a configuration touches a few dozen of the API's 1,500
 * messages, and parsing all of them is a tenth of the time of a short command.
 */

/** @param text a line for each value: its key, a tab, its JSON */
export function lazyRecord<Value>(text: string): Record<string, Value> {
  const record: Record<string, Value> = {};
  let start = 0;
  while (start < text.length) {
    const tab = text.indexOf('\t', start);
    const line = text.indexOf('\n', tab);
    const end = line < 0 ? text.length : line;
    const name = text.slice(start, tab);
    Object.defineProperty(record, name, {
      enumerable: true,
      configurable: true,
      get() {
        const value = JSON.parse(text.slice(tab + 1, end)) as Value;
        Object.defineProperty(record, name, { enumerable: true, value });
        return value;
      },
    });
    start = end + 1;
  }
  return record;
}

/** What `lazyRecord` reads. JSON has neither tabs nor line feeds outside of its escapes. */
export function lazyRecordText(record: Readonly<Record<string, unknown>>): string {
  return Object.entries(record)
    .map(([name, value]) => `${name}\t${JSON.stringify(value)}`)
    .join('\n');
}
