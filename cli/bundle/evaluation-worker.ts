/** The worker that evaluates configurations, from the bundle. */
import type { beforeReply } from '../../compiler/evaluate/worker.js';
import { loadBundle } from './load-bundle.js';

const bundle = loadBundle('worker', 'worker');
if (bundle === undefined) await import('../../compiler/evaluate/worker.js');
else {
  const worker = bundle.load('compiler/evaluate/worker.js') as { beforeReply: typeof beforeReply };
  worker.beforeReply.push(() => bundle.keep());
}
