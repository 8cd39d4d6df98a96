/**
 * Numbers as Envoy's three ways of writing a double have them.
 */

/** C's `%g` with a number of significant digits: `1800000` with 6 is `1.8e+06`. NaN is `nan`. */
export function formatGeneral(value: number, significant: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : value > 0 ? 'inf' : '-inf';
  // JavaScript's rule for leaving plain digits is the same for large numbers only.
  const small = value !== 0 && Math.abs(value) < 1e-4;
  const digits = small ? value.toExponential(significant - 1) : value.toPrecision(significant);
  const [mantissa = '', exponent] = digits.split('e');
  const trimmed = mantissa.includes('.') ? mantissa.replace(/\.?0+$/, '') : mantissa;
  return exponent === undefined ? trimmed : `${trimmed}e${paddedExponent(exponent)}`;
}

/** The fewest digits that give the same double back: `8.033333333333333`, `nan`. */
export function formatShortest(value: number): string {
  return Number.isNaN(value) ? 'nan' : String(value);
}

/** JSON: the shorter of plain and scientific, plain when they are equally long: `60000`, `3e+05`; NaN is `null`. */
export function formatJsonNumber(value: number): string {
  if (!Number.isFinite(value)) return 'null';
  const plain = String(value);
  const [mantissa = '', exponent = '+0'] = value.toExponential().split('e');
  const scientific = `${mantissa}e${paddedExponent(exponent)}`;
  return scientific.length < plain.length ? scientific : plain;
}

/** At least two digits, with the sign. */
function paddedExponent(exponent: string): string {
  return exponent.length === 2 ? `${exponent[0]}0${exponent[1]}` : exponent;
}
