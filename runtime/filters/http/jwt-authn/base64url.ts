/**
 * Base64url (RFC 4648 section 5) read strictly, where Node passes over what it does not know: a token with other characters
 * is no token. White space is passed over; padding may be there, then all of it. @returns undefined when the text is none
 */
export function decodeBase64url(text: string): Buffer | undefined {
  const match = /^([A-Za-z0-9_-]*)(={0,2})$/.exec(text.replace(/[\t\n\v\f\r ]/g, ''));
  if (match === null) return undefined;
  const [, digits = '', padding = ''] = match;
  if (digits.length % 4 === 1) return undefined;
  if (padding !== '' && (digits.length + padding.length) % 4 !== 0) return undefined;
  return Buffer.from(digits, 'base64url');
}

/** With the `=` that Base64 has at its end. */
export function padBase64url(text: string): string {
  return text + '='.repeat((4 - (text.length % 4)) % 4);
}
