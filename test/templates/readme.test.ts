/**
 * The README of each project, followed to the letter: every command of it is run, and prints what it says there.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { followReadme } from '../support/follow-readme.js';

/** How many commands there are at least: a README whose blocks are not found has none. */
const least = { 'front-proxy': 17, minimal: 9, 'multi-env': 8, 'tcp-proxy': 8, websocket: 7 } as const;

for (const [project, commands] of Object.entries(least)) {
  test(project, async () => {
    const count = await followReadme(project as keyof typeof least);
    assert.ok(count >= commands, String(count));
  });
}

test.run();
