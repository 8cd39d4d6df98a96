import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { compileTimeFormat, formatTime } from '../../../runtime/access-log/format-time.js';

/** Tuesday, 24 November 2026, 22:37:05.531. */
const time = Date.UTC(2026, 10, 24, 22, 37, 5, 531);

test('every conversion as Envoy 1.40 prints it', () => {
  const format =
    '%Y/%m/%dT%H:%M:%S%z %Z %s %3f %f %9f %1f %e %j %a %A %b %B %y %I %p %D %T %R %F %E3S %E* %ES %k %Q %% ' +
    '%u %w %U %W %V %G %g %C %h %c %x %X %r %t %Ez %E*z %:z %E4Y';
  const expected =
    '2026/11/24T22:37:05+0000 UTC 1795559825 531 531000000 531000000 5 24 328 Tue Tuesday Nov November 26 10 PM ' +
    '11/24/26 22:37:05 22:37 2026-11-24 05.531 %E* %ES 22 %Q % 2 2 47 47 48 2026 26 20 Nov ' +
    'Tue Nov 24 22:37:05 2026 11/24/26 22:37:05 10:37:05 PM \t +00:00 +00:00:00 +00:00 2026';
  assert.is(compileTimeFormat(format)(time), expected);
});

test('weeks at the turn of a year', () => {
  const weeks = (...date: [number, number, number]) => compileTimeFormat('%G-%V %U %W %j')(Date.UTC(...date));
  assert.is(weeks(2027, 0, 1), '2026-53 00 00 001');
  assert.is(weeks(2026, 0, 1), '2026-01 00 00 001');
  assert.is(weeks(2024, 11, 30), '2025-01 52 53 365');
  assert.is(weeks(2028, 0, 2), '2027-52 01 00 002');
});

test('midnight and noon on a twelve-hour clock', () => {
  const hour = compileTimeFormat('%I %p %l');
  assert.is(hour(Date.UTC(2026, 0, 1, 0)), '12 AM 12');
  assert.is(hour(Date.UTC(2026, 0, 1, 9)), '09 AM  9');
  assert.is(hour(Date.UTC(2026, 0, 1, 12)), '12 PM 12');
});

test('the same in the time zone of the machine', () => {
  const format = compileTimeFormat('%FT%T %z %Ez %E*z %% %s', true);
  const before = process.env.TZ;
  try {
    process.env.TZ = 'Asia/Kolkata';
    assert.is(format(time), '2026-11-25T04:07:05 +0530 +05:30 +05:30:00 % 1795559825');
    process.env.TZ = 'America/St_Johns';
    assert.is(format(time), '2026-11-24T19:07:05 -0330 -03:30 -03:30:00 % 1795559825');
  } finally {
    if (before === undefined) delete process.env.TZ;
    else process.env.TZ = before;
  }
});

test('the default: milliseconds, and the next second', () => {
  assert.is(formatTime(time), '2026-11-24T22:37:05.531Z');
  assert.is(formatTime(time + 469), '2026-11-24T22:37:06.000Z');
  assert.is(formatTime(time - 530), '2026-11-24T22:37:05.001Z');
  assert.is(formatTime(time - 499), '2026-11-24T22:37:05.032Z');
});

test.run();
