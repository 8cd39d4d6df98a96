/**
 * What a sandbox needs besides to be the same on every machine: time zone UTC, language English. Runs inside of the context,
 * as text, on the context's own objects. Formats of dates for people differ between releases of Node and are refused.
 */
export const oneWorld = `(refuse) => {
  const RealDate = Date;
  const dates = RealDate.prototype;
  for (const name of ['FullYear', 'Month', 'Date', 'Day', 'Hours', 'Minutes', 'Seconds', 'Milliseconds']) {
    dates['get' + name] = dates['getUTC' + name];
    if (name !== 'Day') dates['set' + name] = dates['setUTC' + name];
  }
  const parts = (date) => {
    const [day, number, month, year, time] = date.toUTCString().split(/,? /);
    return { day: [day, month, number, year].join(' '), time: time + ' GMT+0000 (Coordinated Universal Time)' };
  };
  const or = (make) => function () { return Number.isNaN(this.getTime()) ? 'Invalid Date' : make(parts(this)); };
  dates.getTimezoneOffset = function () { return Number.isNaN(this.getTime()) ? NaN : 0; };
  dates.getYear = function () { return this.getUTCFullYear() - 1900; };
  dates.toString = or(({ day, time }) => day + ' ' + time);
  dates.toDateString = or(({ day }) => day);
  dates.toTimeString = or(({ time }) => time);
  for (const name of ['toLocaleString', 'toLocaleDateString', 'toLocaleTimeString']) {
    dates[name] = () => refuse('Date.prototype.' + name + '()');
  }
  // Without a zone most forms mean local time.
  const parse = (text) => {
    if (/^\\s*[+-]?\\d{4,6}-\\d\\d-\\d\\dT[\\d:.,]+\\s*$/.test(text)) return RealDate.parse(text.trim() + 'Z');
    if (/^\\s*[+-]?\\d{4,6}(?:-\\d\\d){0,2}\\s*$/.test(text) || /(?:Z|UTC?|GMT|[+-]\\d\\d:?\\d\\d)\\s*(?:\\(.*\\))?\\s*$/i.test(text)) {
      return RealDate.parse(text);
    }
    const time = RealDate.parse(text + ' UTC');
    return Number.isNaN(time) ? RealDate.parse(text) : time;
  };
  const given = (values) =>
    values.length > 1 ? [RealDate.UTC(...values)] : typeof values[0] === 'string' ? [parse(values[0])] : values;

  const english = (object, name, at) => {
    const real = object[name];
    object[name] = function (...values) {
      while (values.length <= at) values.push(undefined);
      values[at] ??= 'en';
      return Reflect.apply(real, this, values);
    };
  };
  english(String.prototype, 'localeCompare', 1);
  for (const name of ['toLocaleUpperCase', 'toLocaleLowerCase']) english(String.prototype, name, 0);
  for (const Type of [Number, BigInt]) english(Type.prototype, 'toLocaleString', 0);
  const refused = new Set(['DateTimeFormat', 'RelativeTimeFormat', 'DurationFormat', 'DisplayNames']);
  for (const name of Object.getOwnPropertyNames(Intl)) {
    const Real = Intl[name];
    if (typeof Real !== 'function' || !/^[A-Z]/.test(name)) continue;
    const values = (list) => {
      if (refused.has(name)) refuse('Intl.' + name);
      return [list[0] ?? 'en', ...list.slice(1)];
    };
    const Fixed = new Proxy(Real, {
      apply: (target, self, list) => Reflect.apply(target, self, values(list)),
      construct: (target, list, newTarget) => Reflect.construct(target, values(list), newTarget),
    });
    Object.defineProperty(Intl, name, { value: Fixed, configurable: true, writable: true });
    Real.prototype.constructor = Fixed;
  }
  return { given, parse };
}`;
