/**
 * Parameters of the query of a path, as the filter reads and takes them away.
 */

interface Parameter {
  readonly name: string;
  /** As it stands in the path, without the name and the equals sign. */
  readonly raw: string;
}

/** Percent-encodings of octets; what is none stays as it is. */
function decode(text: string): string {
  return text.replace(/%([0-9a-fA-F]{2})/g, (_all, digits: string) =>
    String.fromCharCode(parseInt(digits, 16)),
  );
}

function parse(path: string): Parameter[] {
  const start = path.indexOf('?');
  if (start < 0) return [];
  const hash = path.indexOf('#', start);
  const query = path.slice(start + 1, hash < 0 ? path.length : hash);
  return query
    .split('&')
    .filter((part) => part !== '')
    .map((part) => {
      const equals = part.indexOf('=');
      return equals < 0
        ? { name: decode(part), raw: '' }
        : { name: decode(part.slice(0, equals)), raw: part.slice(equals + 1) };
    });
}

/** Decoded, the first of that name; undefined when there is none. */
export function queryParameter(path: string, name: string): string | undefined {
  const found = parse(path).find((one) => one.name === name);
  return found === undefined ? undefined : decode(found.raw);
}

const encodeName = (name: string): string =>
  name.replace(
    /[^A-Za-z0-9\-._~!$'()*,;:@/?[\]]/g,
    (one) => `%${one.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`,
  );

/** A value that can stand in a query, and be nothing but a value there. */
const encodeValue = (value: string): string =>
  value.replace(
    /[^A-Za-z0-9\-._~!$'()*,;:@/?[\]=+%]/g,
    (one) => `%${one.charCodeAt(0).toString(16).padStart(2, '0').toUpperCase()}`,
  );

function print(path: string, parameters: readonly Parameter[]): string {
  const end = path.indexOf('?');
  const base = end < 0 ? path : path.slice(0, end);
  if (parameters.length === 0) return base;
  const sorted = [...parameters].sort((one, other) =>
    one.name < other.name ? -1 : one.name > other.name ? 1 : 0,
  );
  return `${base}?${sorted.map((one) => `${encodeName(one.name)}=${one.raw}`).join('&')}`;
}

/**
 * The path without all parameters of that name; the others come in the order of their names, as Envoy writes them. Their
 * values stay encoded, where Envoy decodes them: an encoded `&` would become a parameter of its own.
 */
export function withoutQueryParameter(path: string, name: string): string {
  return print(
    path,
    parse(path).filter((one) => one.name !== name),
  );
}

/** The path with that parameter once, in the place of those of its name. The rest as `withoutQueryParameter`. */
export function withQueryParameter(path: string, name: string, value: string): string {
  const others = parse(path).filter((one) => one.name !== name);
  return print(path, [...others, { name, raw: encodeValue(value) }]);
}
