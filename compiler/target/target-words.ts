/**
 * What a release of Envoy lacks and another one has: the words for it.
 */
import { table } from '../../dsl/api/generated/table.js';
import type { Issue, TargetApi } from '../../dsl/api/index.js';
import { isAtLeast } from '../../dsl/api/index.js';

export interface TargetWords {
  readonly message: string;
  readonly fix: string;
}

type Span = NonNullable<ReturnType<TargetApi['releases']['ofMessage']>>;

function shortName(name: string): string {
  return name.slice(name.lastIndexOf('.') + 1);
}

/** The field of the issue's message that its path goes through last; steps of lists and maps come behind it. */
function fieldOf({ messageType = '', path }: Issue) {
  const fields = table.messages[messageType]?.fields ?? [];
  for (const step of [...path].reverse()) {
    const field = fields.find(({ name }) => name === step);
    if (field !== undefined) return field;
  }
  return undefined;
}

interface Subject {
  readonly what: string;
  readonly span: Span | undefined;
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function subjectOf(issue: Issue, { releases }: TargetApi): Subject | undefined {
  const { class: kind, messageType = '', name } = issue;
  if (name === undefined) return undefined;
  if (kind === 'unknown-type') return { what: shortName(name), span: releases.ofMessage(name) };
  if (kind === 'extension-config') {
    const category = fieldOf(issue)?.category ?? '';
    return { what: `the extension ${shortName(name)}`, span: releases.ofExtension(category, name) };
  }
  if (/ has no field '/.test(issue.message)) {
    return {
      what: `${snake(name)} of ${shortName(messageType)}`,
      span: releases.ofField(messageType, snake(name)),
    };
  }
  return { what: name.toUpperCase(), span: releases.ofValue(fieldOf(issue)?.type ?? '', name) };
}

/** @returns undefined when no other release has it either */
export function targetWords(issue: Issue, target: TargetApi): TargetWords | undefined {
  const { span, what } = subjectOf(issue, target) ?? {};
  if (span === undefined || what === undefined) return undefined;
  const { release } = target;
  if (!isAtLeast(release, span.since)) {
    const message = `${what} was introduced in Envoy ${span.since}; the target is ${release}`;
    return { message, fix: `leave it out, or aim at a newer Envoy: --target envoy-${span.since}` };
  }
  if (span.until === undefined || isAtLeast(span.until, release)) return undefined;
  return {
    message: `${what} is not in Envoy ${release}; the last release with it was ${span.until}`,
    fix: `leave it out, or aim at an older Envoy: --target envoy-${span.until}`,
  };
}

/** What to add to the message of a broken rule that newer releases do not have any more. */
export function droppedRule(issue: Issue, { model, releases }: TargetApi): string {
  const { messageType = '' } = issue;
  const field = fieldOf(issue);
  const inTarget = model.messages[messageType]?.fields.find(({ name }) => name === field?.name);
  if (field === undefined || inTarget === undefined) return '';
  if (JSON.stringify(field.rules) === JSON.stringify(inTarget.rules)) return '';
  const since = releases.ofForm(messageType, field.name)?.since;
  return since === undefined ? '' : `, a rule that Envoy ${since} changed`;
}
