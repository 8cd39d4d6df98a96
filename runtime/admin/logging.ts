/**
 * `/logging`: shows and changes the levels of the loggers.
 */
import type { LoggerRegistry, LogLevel } from '../common/logger.js';
import { logLevels } from '../common/logger.js';
import type { Handler } from './endpoint.js';
import { text } from './endpoint.js';

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

/** Changes all that is asked for, or nothing. @returns what is wrong, or undefined */
function change(loggers: LoggerRegistry, parameters: readonly [string, string][]): string | undefined {
  if (parameters.length > 1) return 'invalid number of parameters';
  const [parameter] = parameters;
  if (parameter === undefined) return undefined;
  const [key, value] = parameter;
  const known = (level: string): level is LogLevel => (logLevels as readonly string[]).includes(level);
  if (key === 'level') {
    if (!known(value)) return 'unknown logger level';
    loggers.setLevel(value);
    return undefined;
  }
  const wanted =
    key === 'paths' || key === 'group'
      ? value.split(',').map((pair) => {
          const colon = pair.lastIndexOf(':');
          return colon < 0 ? [pair, ''] : [pair.slice(0, colon), pair.slice(colon + 1)];
        })
      : [[key, value]];
  const byName = new Map(loggers.all().map((logger) => [logger.name, logger]));
  const changes: (() => void)[] = [];
  for (const [name = '', level = ''] of wanted) {
    if (name === '' || level === '') return 'empty logger name or empty logger level';
    if (!known(level)) return 'unknown logger level';
    const logger = byName.get(name);
    if (logger === undefined) return 'unknown logger name';
    changes.push(() => {
      logger.level = level;
    });
  }
  for (const one of changes) one();
  return undefined;
}

/** `POST /logging`. */
export const logging: Handler = (host, { query }) => {
  const problem = change(host.loggers, [...query]);
  if (problem === undefined) return text(list(host.loggers));
  return text(`error: ${problem}\n${usage}${list(host.loggers)}`, 400);
};
