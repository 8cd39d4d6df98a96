/**
 * Second phase: the modules run in a worker with a deadline and a heap of their own.
 */
import { Worker } from 'node:worker_threads';
import type { EvaluateReply, EvaluateRequest } from './messages.js';
import { workerEntry } from './worker-entry.js';

export interface EvaluateLimits {
  readonly deadlineMs: number;
  readonly heapMb: number;
}

function failed(code: string, message: string, help: string): EvaluateReply {
  return { failures: [{ code, message, help }], inputs: [] };
}

/** A worker that is ready, or getting so, for one evaluation. */
export interface Evaluation {
  /** The deadline counts from here. Never rejects: what goes wrong is a failure in the reply. */
  run(request: EvaluateRequest): Promise<EvaluateReply>;
  /** Ends it; nothing happens when it has run. */
  discard(): void;
}

/** Starts the worker before anything is known of the request. */
export function prepareEvaluation(limits: EvaluateLimits): Evaluation {
  const worker = new Worker(workerEntry.url, {
    env: {},
    resourceLimits: { maxOldGenerationSizeMb: limits.heapMb },
  });
  const discard = (): void => void worker.terminate();
  const run = (request: EvaluateRequest): Promise<EvaluateReply> =>
    new Promise((done) => {
      let settled = false;
      const settle = (reply: EvaluateReply): void => {
        if (settled) return;
        settled = true;
        clearTimeout(deadline);
        discard();
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
      worker.postMessage(request);
    });
  return { run, discard };
}

/** One evaluation from start to end. */
export function evaluate(request: EvaluateRequest, limits: EvaluateLimits): Promise<EvaluateReply> {
  return prepareEvaluation(limits).run(request);
}
