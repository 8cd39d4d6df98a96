/**
 * The endpoints that change the state of the whole server.
 */
import type { Handler } from './endpoint.js';
import { text } from './endpoint.js';

const done = text('OK\n');

/** `/quitquitquit`: the end begins when the answer is out. */
export const quit: Handler = (host) => ({ ...done, afterSending: () => host.quit() });

/** `/healthcheck/fail`. */
export const healthcheckFail: Handler = (host) => {
  host.healthcheckFail();
  return done;
};

/** `/healthcheck/ok`. */
export const healthcheckOk: Handler = (host) => {
  host.healthcheckOk();
  return done;
};

/** `/reset_counters`. */
export const resetCounters: Handler = (host) => {
  host.stats.resetCounters();
  return done;
};

/** `/reopen_logs`. */
export const reopenLogs: Handler = (host) => {
  host.reopenLogs();
  return done;
};

/** `/drain_listeners`. */
export const drainListeners: Handler = (host, { query }) => {
  host.drainListeners({
    graceful: query.has('graceful'),
    skipExit: query.has('skip_exit'),
    inboundOnly: query.has('inboundonly'),
  });
  return done;
};
