/**
 * Second phase: the modules run in a worker with a deadline and a heap of their own.
 */
import { Worker } from 'node:worker_threads';
import type { EvaluateReply, EvaluateRequest } from './messages.js';

export interface EvaluateLimits {
  readonly deadlineMs: number;
  readonly heapMb: number;
}

function failed(code: string, message: string, help: string): EvaluateReply {
  return { failures: [{ code, message, help }], inputs: [] };
}

/** A worker that has loaded the language and waits for its modules to be emitted. */
export interface Evaluator {
  /** Once. Never rejects: what goes wrong is a failure in the reply. The deadline counts from here. */
  run(): Promise<EvaluateReply>;
  /** Ends it, also when it did not run. */
  close(): void;
}

/** Starts the worker only: it comes up while the type checker has the other core. */
export function prepareEvaluation(request: EvaluateRequest, limits: EvaluateLimits): Evaluator {
  const worker = new Worker(new URL('./worker.js', import.meta.url), {
    workerData: request,
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: limits.heapMb },
  });
  // What fails before `run` is told by `run`.
  const early: NodeJS.ErrnoException[] = [];
  const keep = (error: NodeJS.ErrnoException): void => void early.push(error);
  worker.on('error', keep);
  return {
    close: () => void worker.terminate(),
    run() {
      worker.off('error', keep);
      const reply = runWorker(worker, limits);
      if (early[0] === undefined) worker.postMessage('run');
      else worker.emit('error', early[0]);
      return reply;
    },
  };
}

/** Evaluates modules that are emitted already. Never rejects. */
export function evaluate(request: EvaluateRequest, limits: EvaluateLimits): Promise<EvaluateReply> {
  return prepareEvaluation(request, limits).run();
}

function runWorker(worker: Worker, limits: EvaluateLimits): Promise<EvaluateReply> {
  return new Promise((done) => {
    let settled = false;
    const settle = (reply: EvaluateReply): void => {
      if (settled) return;
      settled = true;
      clearTimeout(deadline);
      void worker.terminate();
      done(reply);
    };
    const deadline = setTimeout(() => {
      const help = 'look for a loop that does not end';
      settle(failed('E2002', `the configuration did not end within ${limits.deadlineMs / 1000} s`, help));
    }, limits.deadlineMs);
    worker.on('message', (reply: EvaluateReply) => settle(reply));
    worker.on('error', (error: NodeJS.ErrnoException) => {
      settle(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? failed(
              'E2003',
              `the configuration needs more than ${limits.heapMb} MiB of memory`,
              'make less of it at once',
            )
          : failed('E2001', `the configuration failed: ${error.message}`, 'see the message'),
      );
    });
    worker.on('exit', () => {
      const help = 'look for a promise that is never resolved';
      settle(failed('E2002', 'the configuration waits for a promise that nobody resolves', help));
    });
  });
}
