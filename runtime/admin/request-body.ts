/**
 * Reading a request: its target and its body.
 */
import type { IncomingMessage } from 'node:http';

/** No endpoint needs more than a few hundred bytes. */
export const bodyLimit = 64 * 1024;

/** @param target of the request line. @returns path, query, and both as a text; several slashes at the beginning are one */
export function parseTarget(target: string): { path: string; query: URLSearchParams; text: string } {
  // A target may be a whole address, as proxies are sent.
  const local = target.replace(/^https?:\/\/[^/?]*/i, '').replace(/^\/+/, '');
  const question = local.indexOf('?');
  const path = `/${question < 0 ? local : local.slice(0, question)}`;
  // A plus is a plus here, as in Envoy: regular expressions are full of them.
  const query = question < 0 ? '' : local.slice(question + 1).replaceAll('+', '%2B');
  return { path, query: new URLSearchParams(query), text: `/${local}` };
}

/** @returns the body, or undefined when it is longer than `limit`. @throws Error when the client goes away */
export function readBody(request: IncomingMessage, limit: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      else {
        request.pause();
        resolve(undefined);
      }
    });
    request.once('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    request.once('error', reject);
    request.once('close', () => reject(new Error('the request ended early')));
  });
}
