/**
 * `envoy.config.core.v3.DataSource`: a file, a text or octets in the configuration, or a variable of the environment.
 */
import { readFileSync } from 'node:fs';
import { messageOf, textOf } from '../common/message-fields.js';
import { ConfigError } from './filter.js';

/** Where the data is from, for messages: a path, or `<inline>`. */
export function dataSourceName(source: unknown): string {
  return textOf(messageOf(source).filename, '<inline>');
}

/** @throws ConfigError with Envoy's words, when the file or the variable is not there */
export function readDataSource(source: unknown): Buffer {
  const { filename, inline_string, inline_bytes, environment_variable } = messageOf(source);
  if (typeof inline_string === 'string') return Buffer.from(inline_string, 'utf8');
  if (typeof inline_bytes === 'string') return Buffer.from(inline_bytes, 'base64');
  if (typeof environment_variable === 'string') {
    const value = process.env[environment_variable];
    if (value === undefined) {
      throw new ConfigError(`Environment variable doesn't exist: ${environment_variable}`, [
        'environment_variable',
      ]);
    }
    return Buffer.from(value, 'utf8');
  }
  try {
    return readFileSync(textOf(filename));
  } catch (error) {
    throw new ConfigError(`Invalid path: ${textOf(filename)} (${(error as Error).message})`, ['filename']);
  }
}
