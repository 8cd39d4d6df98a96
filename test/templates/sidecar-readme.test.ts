/**
 * The README of the sidecar project, followed to the letter: each practice is switched on and shows what it says there.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { followReadme } from '../support/follow-readme.js';

test('sidecar', async () => {
  const count = await followReadme('sidecar');
  assert.ok(count >= 34, String(count));
});

test.run();
