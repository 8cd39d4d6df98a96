/**
 * What a worker process runs. It obeys its primary and not signals, which a terminal sends to all processes at once.
 */
import { Worker } from './worker.js';
import type { FromWorker, ToWorker } from './worker-messages.js';

/** A fault that even hinders the end: milliseconds until the process ends anyway. */
const crashTimeoutMs = 2000;

const worker = new Worker({
  send(message: FromWorker) {
    if (process.connected) process.send?.(message);
  },
  end() {
    // Not before what was sent last is out.
    if (process.connected) process.disconnect();
    else process.exit(0);
  },
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const) {
  process.on(signal, () => undefined);
}

process.on('message', (message: ToWorker, handle) => worker.receive(message, handle));

/** The primary is gone, or all is done. */
process.on('disconnect', () => {
  void worker.end().then(() => process.exit(0));
});

function crash(error: unknown): void {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`worker ${process.pid}: unexpected fault, ending: ${text}\n`);
  const end = (): never => process.exit(1);
  void worker.end().then(end, end);
  setTimeout(end, crashTimeoutMs);
}

process.on('uncaughtException', crash);
process.on('unhandledRejection', crash);
