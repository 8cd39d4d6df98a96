/**
 * Scalars as YAML text that YAML 1.1 and 1.2 read alike. A text is left plain only where both surely take it for a text.
 */

/** Words that some YAML takes for a boolean, a null or a number; `e5` is a float to loose readers. */
const reserved = /^(?:true|false|yes|no|on|off|y|n|null|nan|inf|infinity|e\d*)$/i;
const word = /^[A-Za-z_/][A-Za-z0-9_./-]*$/;
const duration = /^\d+(?:\.\d+)?s$/;

/** What JSON leaves as it is and YAML does not allow in quotes, or what readers take for a line break. */
const unprintable = /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g;

function quote(text: string): string {
  return JSON.stringify(text).replace(
    unprintable,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

export function scalarText(value: string | number | boolean | null): string {
  if (typeof value !== 'string') return Object.is(value, -0) ? '0' : String(value);
  if ((word.test(value) && !reserved.test(value)) || duration.test(value)) return value;
  return quote(value);
}

/**
 * Lines of a literal block, with its header first; undefined when the text cannot stand in one: leading white space,
 * control characters, more than one line break at the end.
 */
export function blockLines(text: string): string[] | undefined {
  if (!text.includes('\n') || /^\s|\n\n$|[\u0000-\u0008\u000b-\u001f]/.test(text)) return undefined;
  if (unprintable.test(text)) {
    unprintable.lastIndex = 0;
    return undefined;
  }
  const open = !text.endsWith('\n');
  return [open ? '|-' : '|', ...(open ? text : text.slice(0, -1)).split('\n')];
}
