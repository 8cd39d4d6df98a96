/**
 * Which octets may stand where in a head: RFC 9110 section 5.6.2 (tokens) and 5.5 (values), as tables so that the
 * scanners read one array element per octet.
 */

export const LF = 10;
export const CR = 13;
export const SPACE = 32;
export const TAB = 9;
export const COLON = 58;

/** Not part of a token. */
export const NOT_TOKEN = 0;
/** Part of a token and lower case already. */
export const TOKEN = 1;
/** `A`-`Z`. */
export const TOKEN_UPPER = 2;

function tableOf(classOf: (octet: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, octet) => classOf(octet));
}

const tokenMarks = "!#$%&'*+-.^_`|~";

/** Class of an octet in a field name or a method. */
export const tokenClass = tableOf((octet) => {
  const character = String.fromCharCode(octet);
  if (character >= 'A' && character <= 'Z') return TOKEN_UPPER;
  if (/[a-z0-9]/.test(character) || tokenMarks.includes(character)) return TOKEN;
  return NOT_TOKEN;
});

/** 1 where an octet may stand in a field value: TAB, visible ASCII with space, and 0x80-0xff (opaque). */
export const valueClass = tableOf((octet) => (octet === TAB || (octet >= SPACE && octet !== 127) ? 1 : 0));

/** Octets that Envoy tells apart from other mistakes: `http1.invalid_characters` instead of `http1.codec_error`. */
export function isControl(octet: number): boolean {
  return (octet < SPACE && octet !== TAB && octet !== CR && octet !== LF) || octet === 127;
}

/** Value of a hexadecimal digit, 255 for any other octet. */
export const hexValue = tableOf((octet) => {
  const value = Number.parseInt(String.fromCharCode(octet), 16);
  return Number.isNaN(value) ? 255 : value;
});
