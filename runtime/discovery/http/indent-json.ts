/** Four spaces deeper per level, as Go indents; on text, so that large numbers stay what they are. */
export function indentJson(json: string): string {
  const parts: string[] = [];
  let depth = 0;
  let opened = false;
  const line = (): void => void parts.push(`\n${'    '.repeat(depth)}`);
  for (const token of json.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^"{}[\],:]+/g) ?? []) {
    const closes = token === '}' || token === ']';
    if (closes) depth--;
    // An empty object stays on its line.
    if (closes ? !opened : opened) line();
    parts.push(token === ':' ? ': ' : token);
    opened = token === '{' || token === '[';
    if (opened) depth++;
    if (token === ',') line();
  }
  return parts.join('');
}
