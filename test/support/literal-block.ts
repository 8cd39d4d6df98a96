/** Header blocks of literals only, with anything in them: what a peer could send, legal or not. */

function integer(value: number): string {
  if (value < 127) return String.fromCharCode(value);
  let text = '\x7f';
  let rest = value - 127;
  for (; rest >= 128; rest >>>= 7) text += String.fromCharCode((rest & 0x7f) | 0x80);
  return text + String.fromCharCode(rest);
}

/** @returns latin1, one character for each octet */
export function literalBlock(fields: Iterable<readonly [name: string, value: string]>): string {
  let block = '';
  for (const [name, value] of fields)
    block += `\0${integer(name.length)}${name}${integer(value.length)}${value}`;
  return block;
}
