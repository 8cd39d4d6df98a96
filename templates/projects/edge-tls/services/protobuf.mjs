/**
 * The wire format of Protocol Buffers for messages described as data: `{ name: { number: 1, type: 'string' } }`. The types
 * are `string`, `int32` (not negative), `bool`, and `message` with its fields in `of`; `many` makes it repeated.
 */

function varint(value) {
  const octets = [];
  let left = value;
  for (; left > 0x7f; left = Math.floor(left / 0x80)) octets.push((left % 0x80) + 0x80);
  return Buffer.from([...octets, left]);
}

function field({ number, type, of }, value) {
  if (type === 'int32' || type === 'bool') return [varint(number * 8), varint(Number(value))];
  const octets = type === 'message' ? encode(of, value) : Buffer.from(value, 'utf8');
  return [varint(number * 8 + 2), varint(octets.length), octets];
}

/** Values that are absent or a default (`''`, 0, false) are left out, as proto3 does. */
export function encode(fields, message) {
  const parts = [];
  for (const [name, kind] of Object.entries(fields)) {
    const value = message[name];
    if (kind.many) for (const one of value ?? []) parts.push(...field(kind, one));
    else if (value) parts.push(...field(kind, value));
  }
  return Buffer.concat(parts);
}

/** Fields that are not known are passed over. @throws RangeError for octets that are no message */
export function decode(fields, octets) {
  const defaults = { string: '', int32: 0, bool: false };
  const message = {};
  for (const [name, { type, many }] of Object.entries(fields)) message[name] = many ? [] : defaults[type];
  let at = 0;
  const take = (length) => {
    if (length > octets.length - at) throw new RangeError('the message is cut off');
    at += length;
    return octets.subarray(at - length, at);
  };
  const number = () => {
    let value = 0;
    for (let factor = 1; ; factor *= 0x80) {
      const [octet] = take(1);
      value += (octet & 0x7f) * factor;
      if (octet < 0x80) return value;
      if (factor > 2 ** 56) throw new RangeError('a number is too long');
    }
  };
  while (at < octets.length) {
    const tag = number();
    const wire = tag % 8;
    const raw = wire === 0 ? number() : take(wire === 2 ? number() : wire === 1 ? 8 : 4);
    const [name, kind] = Object.entries(fields).find(([, one]) => one.number === Math.floor(tag / 8)) ?? [];
    if (kind === undefined || (wire === 0) === (kind.type === 'string' || kind.type === 'message')) continue;
    const value =
      kind.type === 'message'
        ? decode(kind.of, raw)
        : kind.type === 'string'
          ? raw.toString('utf8')
          : kind.type === 'bool'
            ? raw !== 0
            : raw;
    if (kind.many) message[name].push(value);
    else message[name] = value;
  }
  return message;
}
