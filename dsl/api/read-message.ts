/**
 * The reader of the Envoy API that this package was built with. The only file that loads the generated table.
 */
import { table } from './generated/table.js';
import { createReader } from './reader/message-reader.js';

/** Reads a value as a message of Envoy's API. See `MessageReader`. */
export const readMessage = createReader(table);
