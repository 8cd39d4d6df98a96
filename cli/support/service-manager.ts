/**
 * What a service manager is told (`sd_notify(3)`): that the proxy is ready, reloads, stops, and that it is alive
 * (`WatchdogSec=`). Node has no datagram sockets of the Unix family, so systemd's own tool says it; the unit needs
 * `NotifyAccess=all`. Nothing happens outside of systemd.
 */
import { execFile } from 'node:child_process';

export interface ServiceManager {
  ready(): void;
  reloading(): void;
  stopping(): void;
  /** Ends the signs of life. */
  close(): void;
}

const nobody: ServiceManager = {
  ready: () => undefined,
  reloading: () => undefined,
  stopping: () => undefined,
  close: () => undefined,
};

type Environment = Readonly<Record<string, string | undefined>>;

/** A proxy that has not answered in half of that time is late. Milliseconds; undefined: nobody waits. */
function watchdogMs({ WATCHDOG_PID, WATCHDOG_USEC }: Environment): number | undefined {
  const microseconds = Number(WATCHDOG_USEC ?? 0);
  const isForUs = WATCHDOG_PID === undefined || WATCHDOG_PID === String(process.pid);
  return microseconds > 0 && isForUs ? microseconds / 2000 : undefined;
}

/** @param environment of this process: NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID */
export function createServiceManager(environment: Environment): ServiceManager {
  if (environment.NOTIFY_SOCKET === undefined) return nobody;
  // In order: `READY=1` after `RELOADING=1` would be lost otherwise.
  let last: Promise<void> = Promise.resolve();
  const tell = (...states: string[]): void => {
    last = last.then(
      () =>
        new Promise((done) => {
          execFile('systemd-notify', [`--pid=${process.pid}`, ...states], { timeout: 5000 }, () => done());
        }),
    );
  };
  let timer: ReturnType<typeof setInterval> | undefined;
  const periodMs = watchdogMs(environment);
  return {
    ready() {
      tell('READY=1', 'STATUS=serving');
      if (periodMs === undefined || timer !== undefined) return;
      timer = setInterval(() => tell('WATCHDOG=1'), periodMs);
      timer.unref();
    },
    reloading: () =>
      tell('RELOADING=1', `MONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`, 'STATUS=reloading'),
    stopping: () => tell('STOPPING=1', 'STATUS=draining'),
    close() {
      clearInterval(timer);
    },
  };
}
