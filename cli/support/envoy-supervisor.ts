/**
 * Runs real Envoy so that it can be restarted hot: each restart is one more process of the next epoch, which takes the
 * sockets over and lets the one before drain (Envoy's `--restart-epoch`, `--drain-time-s`, `--parent-shutdown-time-s`).
 * The signals mean what they mean to the script that comes with Envoy; what is better here: a configuration that Envoy
 * would refuse restarts nothing, and a new process that dies takes the old one with it only when there is no other.
 */

/** One running Envoy. */
export interface EnvoyProcess {
  readonly pid: number;
  kill(signal: 'SIGTERM' | 'SIGINT' | 'SIGUSR1' | 'SIGKILL'): void;
  /** Calls back once. `problem`: it could not be started at all. */
  onExit(listener: (exit: { code: number | null; signal: string | null; problem?: string }) => void): void;
}

export interface SupervisorOptions {
  start(epoch: number): EnvoyProcess;
  /** What Envoy says against the configuration as it is now; undefined: nothing. */
  validate(): Promise<string | undefined>;
  log(text: string): void;
  /** @returns cancels it */
  setTimer(ms: number, run: () => void): () => void;
}

/** Envoy's shared memory has room for so many processes. */
const mostProcesses = 3;
/** What has not ended by then is ended: milliseconds after SIGTERM. */
const terminationMs = 30_000;

export class EnvoySupervisor {
  /** Resolves with the exit code when no Envoy runs any more. */
  readonly closed: Promise<number>;
  private readonly options: SupervisorOptions;
  private readonly running = new Map<EnvoyProcess, number>();
  private epoch = 0;
  private isWanted = false;
  private isRestarting = false;
  private stopping = false;
  private exitCode = 0;
  private finish: (code: number) => void = () => undefined;

  constructor(options: SupervisorOptions) {
    this.options = options;
    this.closed = new Promise((done) => {
      this.finish = done;
    });
  }

  start(): void {
    this.launch(0);
  }

  private launch(epoch: number): void {
    const started = this.options.start(epoch);
    this.epoch = epoch;
    this.running.set(started, epoch);
    started.onExit(({ code, problem, signal }) => {
      this.running.delete(started);
      this.onExit(epoch, code, problem ?? signal ?? undefined);
    });
  }

  private onExit(epoch: number, code: number | null, reason: string | undefined): void {
    const { log } = this.options;
    const isGood = code === 0 || this.stopping;
    if (!isGood) {
      log(`envoy of epoch ${epoch} ended: ${reason ?? `exit code ${code}`}`);
      if (this.running.size > 0 && epoch === this.epoch) {
        // The one before serves as long as nobody has taken its place.
        this.epoch = Math.max(...this.running.values());
        log(`envoy of epoch ${this.epoch} goes on with the configuration before`);
      } else {
        this.exitCode = code ?? 1;
        this.stop('SIGTERM');
      }
    }
    if (this.running.size === 0) this.finish(this.exitCode);
    else if (this.isWanted && !this.stopping) void this.restart();
  }

  /** SIGHUP, or a change of the configuration: one more epoch, when Envoy has nothing against it. */
  async restart(): Promise<void> {
    const { log } = this.options;
    this.isWanted = true;
    if (this.isRestarting || this.stopping) return;
    if (this.running.size >= mostProcesses) {
      log('two restarts drain already: the next one follows when the oldest has ended');
      return;
    }
    this.isRestarting = true;
    this.isWanted = false;
    const problem = await this.options.validate();
    this.isRestarting = false;
    if (this.stopping) return;
    if (problem === undefined) {
      log(`hot restart: epoch ${this.epoch + 1}`);
      this.launch(this.epoch + 1);
    } else {
      log(`configuration refused, the one before stays in force: ${problem.trim()}`);
    }
    if (this.isWanted) void this.restart();
  }

  /** SIGUSR1: all of them open their logs again. */
  reopenLogs(): void {
    for (const one of this.running.keys()) one.kill('SIGUSR1');
  }

  /** Ends all of them. */
  stop(signal: 'SIGTERM' | 'SIGINT'): void {
    if (this.stopping) return;
    this.stopping = true;
    if (this.running.size === 0) {
      this.finish(this.exitCode);
      return;
    }
    for (const one of this.running.keys()) one.kill(signal);
    const cancel = this.options.setTimer(terminationMs, () => {
      for (const one of this.running.keys()) one.kill('SIGKILL');
    });
    void this.closed.then(cancel);
  }
}
