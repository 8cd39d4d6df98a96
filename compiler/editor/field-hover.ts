/**
 * What an editor shows of a field: its type, what may stand there, what Envoy says of it.
 */
import { table } from '../../dsl/api/generated/table.js';
import type { FieldModel } from '../../dsl/api/model/api-model.js';
import type { FieldPlace } from './field-at.js';
import { fieldComment } from './field-comments.js';

function shown(field: FieldModel): string {
  if (field.label === 'map') return `map<${field.key}, ${field.type}>`;
  return field.label === 'repeated' ? `repeated ${field.type}` : field.type;
}

function* notes(field: FieldModel): Generator<string> {
  if (field.deprecated === 'fatal') yield 'Envoy no longer takes it.';
  else if (field.deprecated === 'deprecated') yield 'Deprecated: Envoy takes it with a warning.';
  if (field.oneof !== undefined) yield `One of \`${field.oneof}\`.`;
  const values = table.enums[field.type]?.values;
  if (values !== undefined)
    yield `Values: ${Object.keys(values)
      .map((name) => `\`${name}\``)
      .join(', ')}.`;
  if (field.rules !== undefined) yield `Rules: \`${JSON.stringify(field.rules)}\`.`;
  const { category } = field;
  if (category === undefined) return;
  const wanted = new Set(category.split(','));
  const names = table.extensions.filter((one) => wanted.has(one.category) && one.types.length > 0);
  if (names.length > 0) yield `Extensions: ${names.map(({ name }) => `\`${name}\``).join(', ')}.`;
}

/** Where Envoy's documentation has the message. */
function documentation(message: string): string | undefined {
  const file = table.messages[message]?.file;
  if (file === undefined || !file.startsWith('envoy/')) return undefined;
  const anchor = message.replaceAll('.', '-').toLowerCase();
  const page = file.slice('envoy/'.length).replace(/\.proto$/, '');
  return `https://www.envoyproxy.io/docs/envoy/v${table.release}/api-v3/${page}.proto#${anchor}`;
}

/** Markdown. */
export function fieldHover({ field, message }: FieldPlace): string {
  const link = documentation(message);
  const source = link === undefined ? `\`${message}\`` : `[${message}](${link})`;
  if (field === undefined) return source;
  const parts = [
    `\`\`\`proto\n${shown(field)} ${field.name} = ${field.number}\n\`\`\``,
    fieldComment(message, field.name) ?? '',
    [...notes(field)].join('\n\n'),
    source,
  ];
  return parts.filter((part) => part !== '').join('\n\n');
}
