/**
 * The README of each project, followed to the letter: every command of it is run, and prints what it says there.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { followReadme } from '../support/readme-run.js';

test('minimal', async () => {
  const count = await followReadme('minimal', { ports: { PORT: 10000, ADMIN_PORT: 9901 } });
  assert.ok(count >= 9, String(count));
});

test('tcp-proxy', async () => {
  const ports = {
    PORT: 15432,
    PRIMARY_PORT: 15433,
    REPLICA_PORT: 15434,
    HEALTH_PORT: 15080,
    ADMIN_PORT: 9901,
  };
  const count = await followReadme('tcp-proxy', { ports });
  assert.ok(count >= 8, String(count));
});

test('websocket', async () => {
  const count = await followReadme('websocket', {
    ports: { PORT: 10000, CHAT_PORT: 9090, ADMIN_PORT: 9901 },
  });
  assert.ok(count >= 7, String(count));
});

test('multi-env', async () => {
  const ports = { PORT: 10000, API_PORT: 9090, WEB_PORT: 9091, ADMIN_PORT: 9901 };
  const count = await followReadme('multi-env', { ports });
  assert.ok(count >= 8, String(count));
});

test.run();
