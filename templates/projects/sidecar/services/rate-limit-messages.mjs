/**
 * The two messages of envoy.service.ratelimit.v3, as far as the service needs them, in Protocol Buffers' wire format.
 */

/** Fields with octets (wire type 2) as `[number, octets]`; the others are passed over. */
function* fields(octets) {
  let at = 0;
  const varint = () => {
    let value = 0;
    for (let shift = 1; ; shift *= 128) {
      const octet = octets[at++];
      value += (octet & 0x7f) * shift;
      if (octet < 0x80) return value;
    }
  };
  while (at < octets.length) {
    const key = varint();
    const kind = key % 8;
    if (kind === 0) varint();
    else if (kind === 1) at += 8;
    else if (kind === 5) at += 4;
    else {
      const length = varint();
      yield [Math.floor(key / 8), octets.subarray(at, at + length)];
      at += length;
    }
  }
}

/** @returns the entries of each descriptor, as an object */
export function readRequest(octets) {
  const descriptors = [];
  for (const [field, descriptor] of fields(octets)) {
    if (field !== 2) continue;
    const entries = {};
    for (const [number, entry] of fields(descriptor)) {
      if (number !== 1) continue;
      const [key, value] = [...fields(entry)].map(([, text]) => text.toString());
      entries[key] = value ?? '';
    }
    descriptors.push(entries);
  }
  return { descriptors };
}

function varint(value) {
  const octets = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return [...octets, rest];
    octets.push(0x80 | (rest % 128));
  }
}

const number = (field, value) => [...varint(field * 8), ...varint(value)];
const message = (field, octets) => [...varint(field * 8 + 2), ...varint(octets.length), ...octets];

const ok = 1;
const overLimit = 2;
const minute = 2;

/** A `RateLimitResponse`: over the limit when one of the descriptors is. */
export function writeAnswer({ statuses }) {
  const codeOf = (isOver) => (isOver ? overLimit : ok);
  return Buffer.from([
    ...number(1, codeOf(statuses.some(({ isOver }) => isOver))),
    ...statuses.flatMap(({ isOver, limit, remaining, secondsLeft }) =>
      message(2, [
        ...number(1, codeOf(isOver)),
        ...message(2, [...number(1, limit), ...number(2, minute)]),
        ...number(3, remaining),
        ...message(4, number(1, secondsLeft)),
      ]),
    ),
  ]);
}
