/**
 * The facts of one Envoy release as text: one line per field, value and extension, so that a new release is a readable
 * diff. Inverse functions; a property test holds them to that.
 *
 *     release 1.40.0
 *     message envoy.config.cluster.v3.Cluster envoy/config/cluster/v3/cluster.proto [required=oneof,oneof]
 *       4 connect_timeout google.protobuf.Duration [repeated|map:KEY] [oneof:NAME] [deprecated|fatal] [in:CATEGORY] [{rules}]
 *     enum NAME FILE
 *       0 STATIC [fatal]
 *     extension CATEGORY NAME TYPE...
 */
import type {
  ApiModel,
  EnumModel,
  ExtensionModel,
  FieldModel,
  MessageModel,
  ScalarType,
} from '../api/model/api-model.js';

/** One line, indented. */
export function formatField(field: FieldModel): string {
  const parts = [`${field.number}`, field.name, field.type];
  if (field.label === 'repeated') parts.push('repeated');
  if (field.label === 'map') parts.push(`map:${field.key}`);
  if (field.oneof !== undefined) parts.push(`oneof:${field.oneof}`);
  if (field.deprecated !== undefined) parts.push(field.deprecated);
  if (field.category !== undefined) parts.push(`in:${field.category}`);
  if (field.rules !== undefined) parts.push(JSON.stringify(field.rules));
  return `  ${parts.join(' ')}`;
}

export function formatFacts(model: ApiModel): string {
  const lines = [`release ${model.release}`];
  for (const [name, message] of Object.entries(model.messages)) {
    const required =
      message.requiredOneofs === undefined ? '' : ` required=${message.requiredOneofs.join(',')}`;
    lines.push(`message ${name} ${message.file}${required}`, ...message.fields.map(formatField));
  }
  for (const [name, type] of Object.entries(model.enums)) {
    lines.push(`enum ${name} ${type.file}`);
    for (const [value, number] of Object.entries(type.values)) {
      lines.push(`  ${number} ${value}${type.fatal?.includes(value) === true ? ' fatal' : ''}`);
    }
  }
  for (const { category, name, types } of model.extensions) {
    lines.push(['extension', category, name, ...types].join(' '));
  }
  return `${lines.join('\n')}\n`;
}

/** @param line with or without its indentation */
export function parseField(line: string): FieldModel {
  const brace = line.indexOf(' {');
  const head = brace < 0 ? line : line.slice(0, brace);
  const [number, name, type, ...flags] = head.trim().split(' ');
  const field: { -readonly [key in keyof FieldModel]: FieldModel[key] } = {
    name: name ?? '',
    number: Number(number),
    type: type ?? '',
  };
  for (const flag of flags) {
    if (flag === 'repeated') field.label = 'repeated';
    else if (flag === 'deprecated' || flag === 'fatal') field.deprecated = flag;
    else if (flag.startsWith('map:')) {
      field.label = 'map';
      field.key = flag.slice(4) as ScalarType;
    } else if (flag.startsWith('oneof:')) field.oneof = flag.slice(6);
    else if (flag.startsWith('in:')) field.category = flag.slice(3);
    else throw new Error(`facts: '${flag}' is no flag of a field`);
  }
  if (brace >= 0) field.rules = JSON.parse(line.slice(brace + 1));
  return field;
}

/** @throws Error that names the line when the text is not of this format. */
export function parseFacts(text: string): ApiModel {
  let release = '';
  const messages: Record<string, MessageModel> = {};
  const enums: Record<string, EnumModel> = {};
  const extensions: ExtensionModel[] = [];
  let fields: FieldModel[] | undefined;
  let type: { values: Record<string, number>; fatal?: string[] } | undefined;
  for (const [index, line] of text.split('\n').entries()) {
    if (line === '') continue;
    if (line.startsWith('  ')) {
      if (fields !== undefined) fields.push(parseField(line));
      else if (type !== undefined) {
        const [number, name, fatal] = line.trim().split(' ');
        type.values[name ?? ''] = Number(number);
        if (fatal === 'fatal') type.fatal = [...(type.fatal ?? []), name ?? ''];
      } else throw new Error(`facts: line ${index + 1} belongs to nothing`);
      continue;
    }
    const [word, ...rest] = line.split(' ');
    fields = undefined;
    type = undefined;
    if (word === 'release') release = rest[0] ?? '';
    else if (word === 'extension') {
      extensions.push({ category: rest[0] ?? '', name: rest[1] ?? '', types: rest.slice(2) });
    } else if (word === 'message') {
      const required = rest[2]?.replace('required=', '').split(',');
      fields = [];
      messages[rest[0] ?? ''] = {
        file: rest[1] ?? '',
        fields,
        ...(required === undefined ? {} : { requiredOneofs: required }),
      };
    } else if (word === 'enum') {
      const values: Record<string, number> = {};
      const made = { file: rest[1] ?? '', values };
      type = made;
      enums[rest[0] ?? ''] = made;
    } else throw new Error(`facts: line ${index + 1} starts with '${word}'`);
  }
  return { release, messages, enums, extensions };
}
