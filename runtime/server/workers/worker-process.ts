/**
 * One worker as its primary sees it: a child process with what was asked of it and not answered yet.
 */
import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FromWorker, GiveSocket, ToWorker, WorkerReport } from './worker-messages.js';
import type { SocketHandle } from './shared-socket.js';

export interface WorkerCallbacks {
  onMessage(worker: WorkerProcess, message: FromWorker): void;
  /** @param how it ended: `exit code 1`, `SIGKILL` */
  onExit(worker: WorkerProcess, how: string): void;
}

interface Question {
  done(answer: FromWorker | undefined): void;
}

const main = fileURLToPath(new URL('./worker-main.js', import.meta.url));

export class WorkerProcess {
  /** Never given to another one. */
  readonly id: number;
  /** From 0 on; the one that takes its place has it, too. */
  readonly index: number;
  readonly startedAt: number;
  /** It has the configuration in force. */
  serves = false;
  /** It was told to end. */
  ending = false;
  connections = 0;
  private readonly child: ChildProcess;
  private readonly questions = new Map<number, Question>();
  private turn = 0;
  private gone = false;
  private isReady: () => void = () => undefined;
  /** Resolves when it can be asked, or is gone. */
  readonly ready: Promise<void>;
  /** Resolves when it is gone. */
  readonly exited: Promise<void>;

  constructor(id: number, index: number, now: number, callbacks: WorkerCallbacks) {
    this.id = id;
    this.index = index;
    this.startedAt = now;
    this.ready = new Promise((done) => {
      this.isReady = done;
    });
    this.child = fork(main, [], {
      serialization: 'advanced',
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.child.on('message', (message) => this.onMessage(message as FromWorker, callbacks));
    // A message to a process that is gone: its exit is told as well.
    this.child.on('error', () => undefined);
    this.exited = new Promise((done) => {
      this.child.once('exit', (code, signal) => {
        this.gone = true;
        this.isReady();
        for (const question of this.questions.values()) question.done(undefined);
        this.questions.clear();
        callbacks.onExit(this, signal ?? `exit code ${code}`);
        done();
      });
    });
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get isGone(): boolean {
    return this.gone;
  }

  private onMessage(message: FromWorker, callbacks: WorkerCallbacks): void {
    if (message.kind === 'ready') this.isReady();
    if (message.kind === 'prepared' || message.kind === 'refused' || message.kind === 'report') {
      if (message.kind === 'report') callbacks.onMessage(this, message);
      const question = this.questions.get(message.turn);
      this.questions.delete(message.turn);
      question?.done(message);
      return;
    }
    callbacks.onMessage(this, message);
  }

  send(message: ToWorker): void {
    if (this.child.connected) this.child.send(message);
  }

  give(message: GiveSocket, handle: SocketHandle): void {
    if (this.child.connected) this.child.send(message, handle as never);
  }

  /** @returns why it refuses the configuration; undefined when it is ready for it, or is gone */
  async prepare(text: string, sockets: readonly (readonly number[])[]): Promise<string | undefined> {
    const answer = await this.ask((turn) => ({ kind: 'prepare', turn, text, sockets }));
    return answer?.kind === 'refused' ? answer.message : undefined;
  }

  async report(): Promise<WorkerReport | undefined> {
    const answer = await this.ask((turn) => ({ kind: 'report', turn }));
    return answer?.kind === 'report' ? answer : undefined;
  }

  private ask(question: (turn: number) => ToWorker): Promise<FromWorker | undefined> {
    if (this.gone || !this.child.connected) return Promise.resolve(undefined);
    const turn = ++this.turn;
    return new Promise((done) => {
      this.questions.set(turn, { done });
      this.send(question(turn));
    });
  }

  commit(): void {
    this.serves = true;
    this.send({ kind: 'commit' });
  }

  discard(): void {
    this.send({ kind: 'discard' });
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}
