/**
 * Resources that come from files: what each subscription has now, what a changed file would make of it, and what became of
 * that. A file that is not taken changes nothing: it is logged once, counted, and what was there before goes on.
 */
import { readFileSync } from 'node:fs';
import type { Clock } from '../common/clock.js';
import type { Logger } from '../common/logger.js';
import { messageOf, messagesOf, textOf } from '../common/message-fields.js';
import type { LoadedConfig } from '../config/config-loader.js';
import { ConfigLoadError } from '../config/config-loader.js';
import type { ConfigFile, ConfigWatcher } from '../config/config-watcher.js';
import { diskFile, watchConfig } from '../config/config-watcher.js';
import type { SupportedFields } from '../config/supported-fields.js';
import { ConfigError } from '../network/filter.js';
import type { StatsScope } from '../stats/stat.js';
import type { Composition, ResourceUse, UsedResources } from './compose-bootstrap.js';
import { composeBootstrap } from './compose-bootstrap.js';
import type { DynamicDump, DynamicResource } from './dynamic-dump.js';
import type { FileResource, ResourceFile } from './resource-file.js';
import { ResourceFileError, readResourceFile } from './resource-file.js';
import type { SubscriptionStats } from './subscription-stats.js';
import { createSubscriptionStats, versionNumber } from './subscription-stats.js';

export interface DynamicResourcesOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly stats: StatsScope & { remove(isGone: (name: string) => boolean): void };
  readonly supported: SupportedFields;
  /** False: files are read once. */
  readonly watch: boolean;
  /** A file of those in use has another text; the next one comes after the promise is settled. */
  onChange(file: string, text: string): Promise<void>;
  /** Default: the disk. */
  readonly open?: (file: string) => ConfigFile;
}

/** What a subscription has: the last file that was good. */
interface Held extends UsedResources {
  readonly versionInfo: string;
  readonly shown: ReadonlyMap<string, DynamicResource>;
}

/** How the look at a file ended for a subscription. */
type Outcome = 'taken' | 'empty' | 'unreadable' | 'rejected';

interface Attempt {
  readonly use: ResourceUse;
  readonly text: string;
  outcome: Outcome;
  error: Error | undefined;
  /** What it has if all goes well. */
  held: Held;
}

const nothing: Held = { file: undefined, resources: [], versionInfo: '', shown: new Map() };

const outcomeOf = (error: unknown): Outcome =>
  error instanceof ResourceFileError && error.isUnreadable ? 'unreadable' : 'rejected';

/** @throws ResourceFileError in Envoy's words */
function resourcesFor(use: ResourceUse, { describe, resources }: ResourceFile): readonly FileResource[] {
  const { kind, resource } = use;
  if (kind === 'cds' || kind === 'lds') {
    const names = new Set<string>();
    for (const { path, value } of resources) {
      const name = textOf(value.name);
      const what = kind === 'cds' ? 'cluster' : 'listener';
      if (names.has(name)) throw new ResourceFileError(describe(path, `duplicate ${what} ${name} found`));
      names.add(name);
    }
    return resources;
  }
  const [one, second] = resources;
  const what = kind.toUpperCase();
  if (second !== undefined) {
    throw new ResourceFileError(
      describe(second.path, `Unexpected ${what} resource length: ${resources.length}`),
    );
  }
  if (one !== undefined) {
    const name = textOf(kind === 'rds' ? one.value.name : one.value.cluster_name);
    const noun = kind === 'rds' ? 'configuration' : 'cluster';
    if (name !== resource) {
      const message = `Unexpected ${what} ${noun} (expecting ${resource}): ${name}`;
      throw new ResourceFileError(describe(one.path, message));
    }
  }
  return resources;
}

const namesIn = (list: unknown): ReadonlySet<string> =>
  new Set(messagesOf(list).map(({ name }) => textOf(name)));

const nameOf = ({ value }: FileResource): string => textOf(value.name) || textOf(value.cluster_name);

/**
 * A configuration that is tried with the files as they are, or as one of them would be. Nothing of it counts before
 * `accept` or `refuse`.
 */
export class ResourceDraft {
  /** The configuration as it was written. */
  readonly written: LoadedConfig;
  composition: Composition;
  readonly attempts: Map<string, Attempt>;
  /** The changed file; undefined when the configuration itself is new. */
  readonly changed: string | undefined;
  private readonly compose: (draft: ResourceDraft) => Composition;

  constructor(
    written: LoadedConfig,
    changed: string | undefined,
    attempts: Map<string, Attempt>,
    compose: (draft: ResourceDraft) => Composition,
  ) {
    this.written = written;
    this.changed = changed;
    this.attempts = attempts;
    this.compose = compose;
    this.composition = compose(this);
  }

  /**
   * Goes on without the resources that an error is in, where they have never been in force.
   * @returns false when the error is not of that kind
   */
  leaveOut(error: unknown): boolean {
    const path = (error as { readonly path?: readonly (string | number)[] }).path;
    const use = path === undefined ? undefined : this.composition.useAt(path);
    const attempt = use === undefined ? undefined : this.attempts.get(use.key);
    if (attempt === undefined || attempt.use.file === this.changed) return false;
    if (attempt.outcome !== 'taken' || attempt.held === nothing) return false;
    attempt.outcome = 'rejected';
    attempt.error = error as Error;
    attempt.held = nothing;
    this.composition = this.compose(this);
    return true;
  }
}

export class DynamicResources {
  private readonly options: DynamicResourcesOptions;
  private readonly held = new Map<string, Held>();
  private readonly stats = new Map<string, SubscriptionStats>();
  private readonly watchers = new Map<string, ConfigWatcher>();
  /** Texts that were looked at last, by file. */
  private readonly texts = new Map<string, string>();
  private uses: readonly ResourceUse[] = [];
  private written: LoadedConfig | undefined = undefined;
  /** What is in force, to tell whether a file changes anything. */
  private inForce = '';

  constructor(options: DynamicResourcesOptions) {
    this.options = options;
  }

  /**
   * A new configuration with the files that are known, and with those that it names for the first time.
   * @throws ConfigLoadError for a file that is not there
   */
  draft(written: LoadedConfig): ResourceDraft {
    return new ResourceDraft(written, undefined, new Map(), (draft) => this.compose(draft));
  }

  /** The configuration in force with another text of one of its files. */
  draftOf(file: string, text: string): ResourceDraft {
    const attempts = new Map<string, Attempt>();
    for (const use of this.uses) {
      if (use.file === file) attempts.set(use.key, this.attempt(use, text));
    }
    if (this.written === undefined) throw new Error('nothing is in force yet');
    return new ResourceDraft(this.written, file, attempts, (draft) => this.compose(draft));
  }

  /** The configuration in force once more, with its files as they are known. */
  redraft(): ResourceDraft {
    if (this.written === undefined) throw new Error('nothing is in force yet');
    return this.draft(this.written);
  }

  private attempt(use: ResourceUse, text: string): Attempt {
    const before = this.held.get(use.key) ?? nothing;
    try {
      const file = readResourceFile(text, use.file, use.kind, this.options.supported);
      const resources = resourcesFor(use, file);
      const { versionInfo } = file;
      if (resources.length === 0 && use.resource !== '') {
        return { use, text, outcome: 'empty', error: undefined, held: { ...before, versionInfo } };
      }
      const shown = this.shownOf(resources, versionInfo, before);
      return { use, text, outcome: 'taken', error: undefined, held: { file, resources, versionInfo, shown } };
    } catch (error) {
      return { use, text, outcome: outcomeOf(error), error: error as Error, held: before };
    }
  }

  /** A resource that is equal keeps its version and time, as in Envoy. */
  private shownOf(resources: readonly FileResource[], versionInfo: string, before: Held) {
    const lastUpdatedMs = this.options.clock.wallTime();
    return new Map(
      resources.map((resource) => {
        const name = nameOf(resource);
        const known = before.shown.get(name);
        const isSame =
          known !== undefined && JSON.stringify(known.resource) === JSON.stringify(resource.value);
        return [
          name,
          isSame ? known : { name, resource: resource.value, versionInfo, lastUpdatedMs },
        ] as const;
      }),
    );
  }

  /** @throws ConfigLoadError */
  private compose(draft: ResourceDraft): Composition {
    try {
      return composeBootstrap(draft.written, (use) => {
        const known = draft.attempts.get(use.key) ?? this.held.get(use.key);
        if (known !== undefined && 'outcome' in known) return known.held;
        if (
          known !== undefined &&
          this.uses.some(
            ({ file, key, owner }) => key === use.key && file === use.file && owner === use.owner,
          )
        ) {
          return known;
        }
        const attempt = this.attempt(use, this.read(use));
        draft.attempts.set(use.key, attempt);
        return attempt.held;
      });
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      throw new ConfigLoadError([draft.written.describe(error.path, error.message)], error.path);
    }
  }

  /** @throws ConfigError in Envoy's words */
  private read({ askedAt, file }: ResourceUse): string {
    try {
      return readFileSync(file, 'utf8');
    } catch {
      const message = `paths must refer to an existing path in the system: '${file}' does not exist`;
      throw new ConfigError(message, [...askedAt, 'path_config_source', 'path']);
    }
  }

  /** A draft would change nothing that serves. */
  changesNothing(draft: ResourceDraft): boolean {
    return JSON.stringify(draft.composition.config.bootstrap) === this.inForce;
  }

  /** The files of a draft that were not taken. */
  refusalOf(draft: ResourceDraft): Error | undefined {
    for (const { error, use } of draft.attempts.values())
      if (use.file === draft.changed && error) return error;
    return undefined;
  }

  /** A draft is in force. */
  accept(draft: ResourceDraft): void {
    const { composition, written } = draft;
    const next = JSON.stringify(composition.config.bootstrap);
    const isSame = next === this.inForce;
    this.written = written;
    this.inForce = next;
    this.uses = composition.uses;
    const keys = new Set(this.uses.map(({ key }) => key));
    for (const key of [...this.held.keys()].filter((one) => !keys.has(one))) this.forget(key);
    for (const attempt of draft.attempts.values()) {
      if (keys.has(attempt.use.key)) this.count(attempt, isSame);
    }
    this.follow();
  }

  /** The changed file of a draft was not taken: nothing of it counts but that it was tried. */
  refuse(draft: ResourceDraft, error: Error): void {
    for (const attempt of draft.attempts.values()) {
      if (attempt.use.file !== draft.changed) continue;
      const own = attempt.error ?? error;
      this.count({ ...attempt, outcome: outcomeOf(own), error: own }, true);
    }
  }

  private forget(key: string): void {
    const use = this.uses.find((one) => one.key === key);
    this.held.delete(key);
    this.stats.delete(key);
    // The others live with their cluster, or as long as the server.
    if (use?.kind === 'rds') this.options.stats.remove((name) => name.startsWith(use.statPrefix));
  }

  private statsOf(use: ResourceUse): SubscriptionStats {
    const stats = this.stats.get(use.key) ?? createSubscriptionStats(use, this.options.stats);
    this.stats.set(use.key, stats);
    return stats;
  }

  private count({ error, held, outcome, text, use }: Attempt, isSame: boolean): void {
    const { clock, log } = this.options;
    const stats = this.statsOf(use);
    const now = clock.wallTime();
    this.texts.set(use.file, text);
    stats.attempt.inc();
    if (outcome === 'unreadable' || outcome === 'rejected') {
      const what = outcome === 'rejected' ? 'rejected' : 'failure';
      (outcome === 'rejected' ? stats.rejected : stats.failure).inc();
      log.warning(`Filesystem config update ${what}: ${error?.message ?? ''}`);
      if (!this.held.has(use.key)) this.held.set(use.key, nothing);
      return;
    }
    const before = this.held.get(use.key) ?? nothing;
    this.held.set(use.key, held);
    stats.success.inc();
    stats.time.set(now);
    stats.version.set(versionNumber(held.versionInfo));
    stats.versionText.set(held.versionInfo);
    if (outcome === 'empty') {
      stats.empty?.inc();
      return;
    }
    if (isSame && before !== nothing) stats.noRebuild?.inc();
    // Envoy counts what was added or changed; what was taken away alone is no reload.
    const taken = namesIn(messageOf(this.written?.bootstrap.static_resources).clusters);
    const changed = [...held.shown.values()].some(
      (one) => before.shown.get(one.name) !== one && !(use.kind === 'cds' && taken.has(one.name)),
    );
    if (!changed) return;
    stats.reload?.inc();
    stats.reloadTime?.set(now);
  }

  /** Watches the files in use. */
  private follow(): void {
    const { clock, onChange, open = diskFile, watch } = this.options;
    if (!watch) return;
    const files = new Set(this.uses.map(({ file }) => file));
    for (const [file, watcher] of this.watchers) {
      if (files.has(file)) continue;
      watcher.close();
      this.watchers.delete(file);
    }
    for (const file of files) {
      if (this.watchers.has(file)) continue;
      const initial = this.texts.get(file) ?? '';
      const watcher = watchConfig({
        file: open(file),
        clock,
        initial,
        onChange: (text) => onChange(file, text),
      });
      this.watchers.set(file, watcher);
    }
  }

  /** What `/config_dump` shows; undefined when nothing comes from files. */
  dump(): DynamicDump | undefined {
    const { written } = this;
    if (written === undefined || this.uses.length === 0) return undefined;
    const of = (kind: ResourceUse['kind']) =>
      this.uses.filter((use) => use.kind === kind).map(({ key }) => this.held.get(key) ?? nothing);
    const fixed = messageOf(written.bootstrap.static_resources);
    const taken = { cds: namesIn(fixed.clusters), lds: namesIn(fixed.listeners) };
    const shown = (kind: ResourceUse['kind']) =>
      of(kind)
        .flatMap((one) => [...one.shown.values()])
        // Of that name there is one in the bootstrap, which stays.
        .filter(({ name }) => kind === 'rds' || kind === 'eds' || name === '' || !taken[kind].has(name));
    return {
      written: written.bootstrap,
      clusters: { versionInfo: of('cds')[0]?.versionInfo ?? '', resources: shown('cds') },
      listeners: { versionInfo: of('lds')[0]?.versionInfo ?? '', resources: shown('lds') },
      routes: shown('rds'),
    };
  }

  close(): void {
    for (const watcher of this.watchers.values()) watcher.close();
    this.watchers.clear();
  }
}
