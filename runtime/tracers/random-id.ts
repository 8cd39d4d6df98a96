import { randomFillSync } from 'node:crypto';

/** Drawn by the page: a call into the system for each id would cost more than the span. */
const page = Buffer.alloc(4096);
let at = page.length;

/** 64 random bits that are not all zero, as 16 hexadecimal digits. */
export function randomId(): string {
  if (at + 8 > page.length) {
    randomFillSync(page);
    at = 0;
  }
  const id = page.toString('hex', at, at + 8);
  at += 8;
  return id === '0000000000000000' ? randomId() : id;
}
