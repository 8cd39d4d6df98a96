/**
 * Bodies as Consul reads them: one JSON value, whatever follows it; errors in the words of Go's decoder.
 */
import { DefinitionError } from '../definition/definition-reader.js';
import { findJsonError } from '../definition/json-error.js';
import { ApiError } from './endpoint.js';

/** What Go says of the first character that cannot be. */
function goReason(body: string): string {
  const error = findJsonError(body);
  if (error === undefined) return 'unexpected EOF';
  const found = body[error.offset];
  if (found === undefined) return 'unexpected EOF';
  const before = body.slice(0, error.offset).trimEnd();
  const place =
    before === ''
      ? 'beginning of value'
      : before.endsWith('{')
        ? 'beginning of object key string'
        : 'beginning of value';
  return `invalid character ${quoted(found)} looking for ${place}`;
}

function quoted(character: string): string {
  return character === "'" ? `'\\''` : character === '"' ? `'"'` : `'${character}'`;
}

/**
 * @param prefix what errors begin with
 * @throws ApiError 400
 */
export function parseBody(body: string, prefix = 'Request decode failed: '): unknown {
  if (body.trim() === '') throw new ApiError(400, `${prefix}EOF`);
  try {
    return JSON.parse(body);
  } catch {
    const error = findJsonError(body);
    // Go's decoder takes the first value and leaves the rest.
    if (error !== undefined && error.offset > 0) {
      try {
        return JSON.parse(body.slice(0, error.offset));
      } catch {
        // It was inside of the value.
      }
    }
    throw new ApiError(400, prefix + goReason(body));
  }
}

/** Errors of the reader are the client's. */
export function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error;
    const decoding = /^(?:json|time): /.test(error.message) ? 'Request decode failed: ' : '';
    throw new ApiError(error.status, decoding + error.message);
  }
}
