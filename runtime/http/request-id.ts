/**
 * `x-request-id`: a random UUID (version 4). `node:crypto` keeps a cache of random octets, which makes it cheap.
 */
import { randomUUID } from 'node:crypto';

export const newRequestId: () => string = () => randomUUID();
