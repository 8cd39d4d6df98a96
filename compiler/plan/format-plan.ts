/**
 * A plan as text, as Markdown for a pull request, and as data.
 */
import { codeSpan, diffMarkdown } from '../diff/format-diff.js';
import type { Plan } from './plan-change.js';

/** More of one kind are counted. */
const maxShown = 50;

function shown<T>(
  items: readonly T[],
  write: (item: T) => string,
  more: (count: number) => string,
): string[] {
  const lines = items.slice(0, maxShown).map(write);
  return items.length > maxShown ? [...lines, more(items.length - maxShown)] : lines;
}

/** All in one line. */
export function planSummary({ hosts, impacts, routes }: Plan): string {
  const count = (wanted: string): number => impacts.filter(({ impact }) => impact === wanted).length;
  return `${count('hot')} hot, ${count('drain')} drain, ${count('restart')} restart; ${routes.length} routes answer otherwise; ${hosts.length} clusters lose hosts`;
}

/** For a terminal. */
export function planText(plan: Plan): string {
  const { compared, hosts, impacts, routes } = plan;
  if (impacts.length === 0) return 'nothing changes\n';
  const width = Math.max(...impacts.map(({ resource }) => resource.length));
  const lines = impacts.map(
    ({ impact, kind, reason, resource }) =>
      `${impact.padEnd(7)} ${resource.padEnd(width)}  ${kind}: ${reason}`,
  );
  if (routes.length > 0) {
    lines.push('', `routes that answer otherwise (${compared} requests compared):`);
    lines.push(
      ...shown(
        routes,
        ({ after, before, request }) => `  ${request}\n    - ${before}\n    + ${after}`,
        (count) => `  and ${count} more`,
      ),
    );
  }
  if (hosts.length > 0) {
    lines.push('', 'clusters that lose hosts:');
    for (const { cluster, gained, left, lost } of hosts) {
      const more = gained.length === 0 ? '' : `, gains ${gained.join(', ')}`;
      lines.push(`  ${cluster}: loses ${lost.join(', ')}${more}; ${left} left`);
    }
  }
  return `${lines.join('\n')}\n\n${planSummary(plan)}\n`;
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** For a pull request. */
export function planMarkdown(plan: Plan): string {
  const { changes, compared, hosts, impacts, routes } = plan;
  if (impacts.length === 0) return 'Nothing changes.\n';
  const lines = [
    `**${planSummary(plan)}**`,
    '',
    '| impact | resource | change | why |',
    '| --- | --- | --- | --- |',
    ...impacts.map(
      ({ impact, kind, reason, resource }) =>
        `| ${impact} | ${cell(codeSpan(resource))} | ${kind} | ${cell(reason)} |`,
    ),
  ];
  if (routes.length > 0) {
    lines.push('', `### Routes that answer otherwise (${compared} requests compared)`, '');
    lines.push('| request | before | after |', '| --- | --- | --- |');
    lines.push(
      ...shown(
        routes,
        ({ after, before, request }) => `| ${cell(codeSpan(request))} | ${cell(before)} | ${cell(after)} |`,
        (count) => `| and ${count} more | | |`,
      ),
    );
  }
  if (hosts.length > 0) {
    lines.push('', '### Clusters that lose hosts', '');
    for (const { cluster, gained, left, lost } of hosts) {
      const more = gained.length === 0 ? '' : `, gains ${gained.map(codeSpan).join(', ')}`;
      lines.push(`- ${codeSpan(cluster)} loses ${lost.map(codeSpan).join(', ')}${more}; ${left} left`);
    }
  }
  return `${lines.join('\n')}\n\n<details><summary>All differences</summary>\n\n${diffMarkdown(changes)}\n</details>\n`;
}

/** One line, with the version of its form. */
export function planJson(plan: Plan): string {
  return `${JSON.stringify({ version: 1, ...plan })}\n`;
}
