/** Time-outs of equal length: exact, in order, cheap to set anew. */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import fc from 'fast-check';
import { Timeout, TimeoutQueue, TimeoutQueues } from '../../../runtime/common/timeout-queue.js';
import { FakeClock } from '../../support/fake-clock.js';
function recorder(clock: FakeClock) {
  const fired: string[] = [];
  return { fired, owner: { onTimeout: (kind: number) => void fired.push(`${kind}@${clock.now()}`) } };
}
test('each fires when its time is over, once', () => {
  const clock = new FakeClock();
  const queue = new TimeoutQueue(clock, 100);
  const { fired, owner } = recorder(clock);
  queue.add(new Timeout(owner, 1));
  clock.advance(30);
  queue.add(new Timeout(owner, 2));
  clock.advance(500);
  assert.equal(fired, ['1@100', '2@130']);
  assert.is(clock.timers, 0);
});
test('set anew it starts again; cleared it never fires', () => {
  const clock = new FakeClock();
  const queue = new TimeoutQueue(clock, 100);
  const { fired, owner } = recorder(clock);
  const one = new Timeout(owner, 1);
  const two = new Timeout(owner, 2);
  queue.add(one);
  queue.add(two);
  clock.advance(60);
  queue.add(one);
  two.clear();
  two.clear();
  clock.advance(99);
  assert.equal(fired, []);
  clock.advance(1);
  assert.equal(fired, ['1@160']);
});
test('what fires may set itself and clear others', () => {
  const clock = new FakeClock();
  const queue = new TimeoutQueue(clock, 10);
  const fired: number[] = [];
  const other = new Timeout({ onTimeout: () => void fired.push(-1) }, 0);
  const again = new Timeout(
    {
      onTimeout: () => {
        fired.push(clock.now());
        other.clear();
        if (clock.now() < 30) queue.add(again);
      },
    },
    0,
  );
  queue.add(again);
  queue.add(other);
  clock.advance(100);
  assert.equal(fired, [10, 20, 30]);
});
test('one queue for each length, none for 0', () => {
  const queues = new TimeoutQueues(new FakeClock());
  assert.is(queues.get(5), queues.get(5));
  assert.is.not(queues.get(5), queues.get(6));
  assert.is(queues.get(0), undefined);
});
test('as a timer for each would do', () => {
  const step = fc.record({ after: fc.integer({ min: 0, max: 60 }), who: fc.nat(4), set: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const clock = new FakeClock();
      const queue = new TimeoutQueue(clock, 50);
      const { fired, owner } = recorder(clock);
      const timeouts = [0, 1, 2, 3, 4].map((kind) => new Timeout(owner, kind));
      const due = new Map<number, number>();
      const expected: string[] = [];
      const pass = (until: number) => {
        const over = [...due].filter(([, at]) => at <= until).sort((a, b) => a[1] - b[1]);
        for (const [who, at] of over) {
          expected.push(`${who}@${at}`);
          due.delete(who);
        }
      };
      for (const { after, set, who } of steps) {
        clock.advance(after);
        pass(clock.now());
        due.delete(who);
        if (set) {
          due.set(who, clock.now() + 50);
          queue.add(timeouts[who] as Timeout);
        } else timeouts[who]?.clear();
      }
      clock.advance(1000);
      pass(clock.now());
      assert.equal(fired, expected);
    }),
  );
});
test.run();
