/**
 * What `--set NAME=VALUE` takes. Names of files and of programs are kept to characters that no shell, unit file or
 * template language reads as anything else; free text is quoted where it is written.
 */
import { nearName } from '../../dsl/api/index.js';
import { UsageError } from '../command.js';
import { packageVersion } from '../support/package.js';
import type { Engine } from './deploy-target.js';

type Kind = 'name' | 'file' | 'path' | 'count' | 'text' | 'image' | 'package' | 'address' | 'words';

interface Setting {
  readonly kind: Kind;
  /** undefined: the configuration tells it, else it must be set where it is needed. */
  readonly default: string | ((engine: Engine) => string) | undefined;
  readonly description: string;
}

/** For each kind: what is taken, and in which words. */
const kinds: Readonly<Record<Kind, readonly [pattern: RegExp, words: string]>> = {
  name: [/^[a-z][a-z0-9_-]{0,30}$/, 'lower-case letters, digits, - and _, at most 31'],
  file: [/^[A-Za-z0-9_][\w.-]{0,127}$/, 'the name of a file: letters, digits, dots, - and _'],
  path: [/^(?:\/[\w.+@-]+)+$/, 'an absolute path of letters, digits and . _ + @ -'],
  count: [/^[1-9]\d{0,8}$/, 'a whole number from 1 to 999999999'],
  text: [/^[^\p{Cc}]{1,200}$/u, 'one line of text, at most 200 characters'],
  image: [/^[a-z0-9][\w./:@-]{0,200}$/, 'the name of a container image'],
  package: [/^[\w@./:+#~^-]{1,200}$/, 'what npm can install'],
  address: [/^(?:[\w.-]+|\[[0-9A-Fa-f:.]+\]):\d{1,5}$/, 'HOST:PORT'],
  words: [/^[\w.-]+(?:,[\w.-]+)*$/, 'words with commas between them'],
};

/** All settings, in the order of the documentation. */
export const deploySettings: Readonly<Record<string, Setting>> = {
  name: { kind: 'name', default: 'envoy3', description: 'service, unit and container' },
  description: { kind: 'text', default: 'Envoy configuration by envoy3', description: 'for people' },
  config_dir: { kind: 'path', default: '/etc/envoy3', description: 'folder of the configuration' },
  config_file: { kind: 'file', default: 'envoy3.yaml', description: 'its name there' },
  unit_dir: { kind: 'path', default: '/etc/systemd/system', description: 'folder of the systemd unit' },
  log_dir: { kind: 'path', default: '/var/log/envoy3', description: 'folder of logs' },
  user: { kind: 'name', default: 'envoy3', description: 'user of the service' },
  group: { kind: 'name', default: 'envoy3', description: 'group of the service' },
  envoy3_bin: { kind: 'path', default: '/usr/local/bin/envoy3', description: 'command of this package' },
  envoy_bin: { kind: 'path', default: '/usr/bin/envoy', description: 'real Envoy' },
  admin: { kind: 'address', default: undefined, description: 'admin interface, as the host reaches it' },
  drain_seconds: { kind: 'count', default: '30', description: 'seconds that requests have to end' },
  ready_seconds: { kind: 'count', default: '30', description: 'seconds to wait for /ready after a reload' },
  open_files: { kind: 'count', default: '524288', description: 'limit of open files and sockets' },
  image: {
    kind: 'image',
    default: (engine) => (engine === 'envoy' ? 'envoyproxy/envoy:v1.40.0' : 'node:20-bookworm-slim'),
    description: 'container image that all is built on',
  },
  package: {
    kind: 'package',
    default: () => `envoy3@${packageVersion()}`,
    description: 'what npm installs into the container',
  },
  entry: { kind: 'file', default: 'envoy3.config.ts', description: 'configuration module that CI builds' },
  branch: { kind: 'name', default: 'main', description: 'branch that CI builds' },
  scrape_seconds: { kind: 'count', default: '15', description: 'seconds between two scrapes' },
  tags: { kind: 'words', default: 'envoy', description: 'tags of the Consul service' },
};

/** @returns the fault in words, or undefined */
function faultOf(kind: Kind, value: string): string | undefined {
  const [pattern, words] = kinds[kind];
  if (!pattern.test(value)) return words;
  if (kind === 'path' && value.split('/').some((step) => step === '.' || step === '..')) {
    return `${words}, without . and .. steps`;
  }
  if (kind === 'address') {
    const port = Number(value.slice(value.lastIndexOf(':') + 1));
    if (port < 1 || port > 65535) return 'HOST:PORT with a port from 1 to 65535';
  }
  return undefined;
}

/**
 * Defaults and what was set over them. Settings without a value are absent.
 * @param assignments `NAME=VALUE` each
 * @throws UsageError for an unknown name (with the nearest one), a name twice, and a value that is not taken
 */
export function readSettings(assignments: readonly string[], engine: Engine): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [name, setting] of Object.entries(deploySettings)) {
    const value = typeof setting.default === 'function' ? setting.default(engine) : setting.default;
    if (value !== undefined) values[name] = value;
  }
  const seen = new Set<string>();
  for (const assignment of assignments) {
    const [, name, value] = /^([^=]*)=(.*)$/s.exec(assignment) ?? [];
    if (name === undefined || value === undefined) {
      throw new UsageError(`option '--set' takes NAME=VALUE; got '${assignment}'`);
    }
    const setting = Object.hasOwn(deploySettings, name) ? deploySettings[name] : undefined;
    if (setting === undefined) {
      const near = nearName(name, Object.keys(deploySettings));
      throw new UsageError(
        `there is no setting '${name}'${near === undefined ? `; there are: ${Object.keys(deploySettings).join(', ')}` : `; did you mean '${near}'?`}`,
      );
    }
    if (seen.has(name)) throw new UsageError(`'--set ${name}' is there twice`);
    seen.add(name);
    const fault = faultOf(setting.kind, value);
    if (fault !== undefined) throw new UsageError(`'--set ${name}' takes ${fault}; got '${value}'`);
    values[name] = value;
  }
  return values;
}
