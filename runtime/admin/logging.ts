/**
 * `/logging`: shows and changes the levels of the loggers.
 */
import type { LoggerRegistry, LogLevel } from '../common/logger.js';
import { logLevels } from '../common/logger.js';
import type { Handler } from './endpoint.js';
import { text } from './endpoint.js';
import { loggerNames } from './logger-names.js';

const usage = `
usage: /logging?<name>=<level> (change single level)
usage: /logging?paths=name1:level1,name2:level2,... (change multiple levels)
usage: /logging?level=<level> (change all levels)
usage: /logging?group=<group_name>:<level> (change group of loggers)
levels: ${logLevels.join(' ')} 
`;

function list(loggers: LoggerRegistry): string {
  const lines = loggers.all().map(({ name, level }) => `  ${name}: ${level}\n`);
  return `active loggers:\n${lines.join('')}`;
}

const isLevel = (level: string): level is LogLevel => (logLevels as readonly string[]).includes(level);

/** `name:level` pairs of `paths`; empty ones between commas are nothing. */
function pairsOf(paths: string): [string, string][] {
  return paths
    .split(',')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const colon = pair.lastIndexOf(':');
      return colon < 0 ? [pair, ''] : [pair.slice(0, colon), pair.slice(colon + 1)];
    });
}

/** Changes all that is asked for, or nothing. A parameter without a value changes nothing. @returns what is wrong */
function change(loggers: LoggerRegistry, parameters: readonly [string, string][]): string | undefined {
  if (parameters.length > 1) return 'invalid number of parameters';
  const [key = '', value = ''] = parameters[0] ?? [];
  if (value === '') return undefined;
  if (key === 'group') return 'group parameter requires fine-grain logging to be enabled';
  if (key === 'level') {
    if (!isLevel(value)) return 'unknown logger level';
    loggers.setLevel(value);
    return undefined;
  }
  const existing = new Set(loggers.all().map(({ name }) => name));
  const wanted: [string, LogLevel][] = [];
  for (const [name, level] of key === 'paths' ? pairsOf(value) : [[key, value] as const]) {
    if (key === 'paths' && (name === '' || level === '')) return 'empty logger name or empty logger level';
    if (!isLevel(level)) return 'unknown logger level';
    if (!existing.has(name) && !loggerNames.has(name)) return 'unknown logger name';
    wanted.push([name, level]);
  }
  for (const [name, level] of wanted) loggers.get(name).level = level;
  return undefined;
}

/** `POST /logging`. */
export const logging: Handler = (host, { query }) => {
  const problem = change(host.loggers, [...query]);
  if (problem === undefined) return text(list(host.loggers));
  return text(`error: ${problem}\n${usage}${list(host.loggers)}`, 400);
};
