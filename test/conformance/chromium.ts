/**
 * A page in headless Chromium, by the DevTools protocol over a pipe.
 */
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { isInstalled } from '../bench/processes.js';

type Json = Readonly<Record<string, unknown>>;

const names = ['chromium', 'chromium-browser', 'google-chrome'];

/** @returns the command, undefined when there is none */
export function findChromium(): string | undefined {
  return names.find(isInstalled);
}

/** An answer of the browser takes at most that long, in milliseconds. */
const patienceMs = 20_000;

export class Page {
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #waiting = new Map<number, (message: Json) => void>();
  readonly #events = new Set<(method: string) => void>();
  #session = '';
  #last = 0;

  private constructor(command: string) {
    this.#profile = mkdtempSync(join(tmpdir(), 'envoy3-chromium-'));
    const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--remote-debugging-pipe'];
    this.#child = spawn(command, [...flags, `--user-data-dir=${this.#profile}`, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    });
    let text = '';
    (this.#child.stdio[4] as Readable).setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const messages = text.split('\0');
      text = messages.pop() ?? '';
      for (const message of messages) this.#receive(JSON.parse(message) as Json);
    });
  }

  static async open(command: string): Promise<Page> {
    const page = new Page(command);
    const { targetInfos } = await page.send('Target.getTargets');
    const target = (targetInfos as Json[]).find((one) => one.type === 'page');
    const attached = await page.send('Target.attachToTarget', { targetId: target?.targetId, flatten: true });
    page.#session = String(attached.sessionId);
    await page.send('Page.enable');
    return page;
  }

  #receive(message: Json): void {
    if (typeof message.id === 'number') this.#waiting.get(message.id)?.(message);
    else for (const told of this.#events) told(String(message.method));
  }

  /** @throws Error with what the browser says, or when it says nothing */
  send(method: string, params: Json = {}): Promise<Json> {
    const id = ++this.#last;
    const session = this.#session === '' ? {} : { sessionId: this.#session };
    (this.#child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, ...session })}\0`);
    return new Promise((done, fail) => {
      const timer = setTimeout(() => fail(new Error(`no answer to ${method}`)), patienceMs);
      this.#waiting.set(id, ({ error, result }) => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        if (error !== undefined) fail(new Error(JSON.stringify(error)));
        else done(result as Json);
      });
    });
  }

  async go(url: string): Promise<void> {
    const loaded = new Promise<void>((done) => {
      const told = (method: string): void => {
        if (method !== 'Page.loadEventFired') return;
        this.#events.delete(told);
        done();
      };
      this.#events.add(told);
    });
    await this.send('Page.navigate', { url });
    await loaded;
  }

  /** The value of an expression in the page. */
  async value(expression: string): Promise<unknown> {
    const { result } = await this.send('Runtime.evaluate', { expression, returnByValue: true });
    return (result as Json).value;
  }

  /** What a reader sees. */
  async text(): Promise<string> {
    return String(await this.value('document.body.innerText'));
  }

  /** Waits until a reader sees it. @returns the text that is seen then, or at last */
  async sees(pattern: RegExp): Promise<string> {
    const end = Date.now() + patienceMs;
    for (;;) {
      const text = await this.text();
      if (pattern.test(text) || Date.now() > end) return text;
      await new Promise((done) => setTimeout(done, 50));
    }
  }

  /** PNG. */
  async screenshot(): Promise<Buffer> {
    const { data } = await this.send('Page.captureScreenshot', { format: 'png' });
    return Buffer.from(String(data), 'base64');
  }

  async close(): Promise<void> {
    const ended = new Promise((done) => this.#child.once('exit', done));
    this.#child.kill('SIGKILL');
    await ended;
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}
