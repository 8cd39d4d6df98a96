/**
 * Texts of the data path hold octets: one character of U+0000 to U+00FF for each, which is how the codecs read and write
 * heads (latin1). A configuration is UTF-8, so its texts are turned into octets before the two meet.
 */

const onlyAscii = /^[\x00-\x7f]*$/;

/** True when the text is the same in UTF-8 and in octets. */
export function isAscii(text: string): boolean {
  return onlyAscii.test(text);
}

/** A text of the configuration as the octets that stand for it on the wire. */
export function toOctets(text: string): string {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

const upperAscii = /[A-Z]/;

/** Lower case of A to Z only, as Envoy folds case; `toLowerCase` would change octets above 0x7f too. */
export function lowerAscii(octets: string): string {
  if (!upperAscii.test(octets)) return octets;
  return isAscii(octets) ? octets.toLowerCase() : octets.replace(/[A-Z]+/g, (part) => part.toLowerCase());
}
