/**
 * `docs/support.md`: what the bundled runtime serves of Envoy's API, made of the very data by which it refuses the rest.
 */
import { fieldsOf } from '../../dsl/api/index.js';
import type { FieldSupport, SupportedFields } from '../../runtime/config/supported-fields.js';
import { httpFilters, networkFilters, readFilters, supportedFields } from '../../runtime/extensions.js';

import { corpusShares } from './corpus-share.js';

const head = `# What the bundled runtime serves

This page is made by \`node cli/setup/docs.mjs\`; a test says when it is out of date. Real Envoy takes every field of its
API. The bundled runtime takes what stands here, and refuses everything else with its line and the words "needs real
Envoy"; it never passes over a setting in silence.

- _no effect here_: taken, because it only tunes machinery of Envoy that does not exist here.
- _for some values_: what else is asked for is refused, with the reason.
`;

/** Why a value that nobody wrote would be refused, which tells the values that are served. */
function limits(support: Exclude<FieldSupport, true | 'ignored'>): string {
  try {
    return support(Symbol('none')) ?? '';
  } catch {
    return '';
  }
}

/** What of real Envoy's own configurations is served as a whole. */
function shareSection(): string {
  const rows = corpusShares.map(({ about, accepted, served, tier }) => {
    const percent = Math.round((100 * served) / accepted);
    return `- tier ${tier}, ${about}: ${served} of ${accepted} (${percent} %)\n`;
  });
  return [
    "\n## How much of Envoy's own configurations\n\n",
    "Configurations of Envoy's documentation, examples and tests that Envoy 1.40 accepts, by how common what they use is. They\n",
    'hold one file for each extension, so that rare ones look as common as others. `npm run conformance -- corpus-served`\n',
    'counts them again. Served as a whole:\n\n',
    ...rows,
  ].join('');
}

function list(title: string, entries: readonly string[]): string {
  return entries.length === 0 ? '' : `- ${title}: ${entries.join(', ')}\n`;
}

function messageSection(message: string, fields: Readonly<Record<string, FieldSupport>>): string {
  const names = Object.keys(fields);
  const code = (name: string): string => `\`${name}\``;
  const inPart = names.flatMap((name) => {
    const support = fields[name];
    if (typeof support !== 'function') return [];
    const text = limits(support);
    return [text === '' ? code(name) : `${code(name)} (${text})`];
  });
  const others = [...(fieldsOf(message)?.keys() ?? [])].filter((name) => !(name in fields));
  return [
    `\n### ${message}\n\n`,
    names.length + others.length === 0 ? 'It has no fields.\n' : '',
    list('served', names.filter((name) => fields[name] === true).map(code)),
    list('_for some values_', inPart),
    list('_no effect here_', names.filter((name) => fields[name] === 'ignored').map(code)),
    list('**needs real Envoy**', others.map(code)),
  ].join('');
}

function extensionList(title: string, types: Iterable<string>): string {
  return `\n## ${title}\n\n${[...types].map((type) => `- \`${type}\`\n`).join('')}`;
}

/** Extensions that have no factory of their own: what other components look at by type. */
function otherExtensions(supported: SupportedFields): string[] {
  const isExtension = (type: string): boolean =>
    type.startsWith('envoy.extensions.') && !/\.[A-Z]\w*\./.test(type);
  const isKind = (type: string): boolean =>
    /\.(access_loggers|transport_sockets|network\.dns_resolver|upstreams|filters\.listener|load_balancing_policies|clusters|http\.original_ip_detection|retry|request_id)\./.test(
      type,
    );
  return Object.keys(supported)
    .filter((type) => isExtension(type) && isKind(type))
    .sort();
}

/** The whole page. */
export function supportTable(): string {
  const messages = Object.keys(supportedFields).sort();
  return [
    head,
    shareSection(),
    extensionList('Network filters', [...networkFilters.keys(), ...readFilters.keys()]),
    extensionList('HTTP filters', httpFilters.keys()),
    extensionList('Other messages of extensions', otherExtensions(supportedFields)),
    '\n## Messages and their fields\n',
    ...messages.map((message) => messageSection(message, supportedFields[message] ?? {})),
  ].join('');
}
