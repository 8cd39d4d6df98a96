/**
 * The two kinds of messages that travel here, written and read by hand: a generated client does the same.
 */

/** One field of protobuf with text: its number and wire type 2, its length, its octets. */
function textField(number, text) {
  const octets = Buffer.from(text, 'utf8');
  const length = [];
  for (let left = octets.length; ; left >>>= 7) {
    length.push(left > 127 ? (left & 127) | 128 : left);
    if (left <= 127) break;
  }
  return Buffer.concat([Buffer.from([(number << 3) | 2, ...length]), octets]);
}

/** A variable-length number at a place. @returns it, and where it ends */
function readNumber(octets, from) {
  let value = 0;
  for (let at = from, shift = 0; at < octets.length && shift < 28; at++, shift += 7) {
    value |= (octets[at] & 127) << shift;
    if (octets[at] < 128) return [value, at + 1];
  }
  throw new Error('a message that is cut off');
}

/** @param names of the text fields, in the order of their numbers from 1 */
export function textMessage(...names) {
  return {
    serialize: (message) =>
      Buffer.concat(
        names.map((name, at) => (message[name] ? textField(at + 1, message[name]) : Buffer.alloc(0))),
      ),
    deserialize: (octets) => {
      const message = Object.fromEntries(names.map((name) => [name, '']));
      for (let at = 0; at < octets.length; ) {
        const [key, start] = readNumber(octets, at);
        const [length, from] = readNumber(octets, start);
        if ((key & 7) !== 2) throw new Error('a field that is no text');
        if (names[(key >> 3) - 1])
          message[names[(key >> 3) - 1]] = octets.toString('utf8', from, from + length);
        at = from + length;
      }
      return message;
    },
  };
}
