/**
 * Text -> a canonical bootstrap that the runtime serves, or everything that is wrong with it, with line and column.
 */
import type { envoy_config_bootstrap_v3_Bootstrap as Bootstrap } from '../../dsl/api/generated/types.js';
import { readMessage, readText } from '../../dsl/api/index.js';
import type { Path } from '../../dsl/api/issue.js';
import { refuseUnsupported } from './refuse-unsupported.js';
import type { SupportedFields } from './supported-fields.js';

/** A configuration that is refused. The message has a line per finding, each `file:line:column: path: what`. */
export class ConfigLoadError extends Error {
  /** Of what was found when the parts were built; undefined for what the reader found. */
  readonly path: Path | undefined;

  constructor(lines: readonly string[], path?: Path) {
    super(lines.join('\n'));
    this.path = path;
    this.name = 'ConfigLoadError';
  }
}

export interface LoadedConfig {
  readonly bootstrap: Bootstrap;
  /** `file:line:column: path: message`, for what is found later. */
  describe(path: Path, message: string): string;
}

/** `static_resources.clusters[0].name` */
export function pathText(path: Path): string {
  return path
    .map((step, at) => (typeof step === 'number' ? `[${step}]` : at === 0 ? step : `.${step}`))
    .join('');
}

/**
 * @param file its name, for messages
 * @throws ConfigLoadError with all findings
 */
export function loadConfig(text: string, file: string, supported: SupportedFields): LoadedConfig {
  const yaml = readText(text, file);
  if (yaml.errors.length > 0) {
    throw new ConfigLoadError(
      yaml.errors.map(({ column, line, message }) => `${file}:${line}:${column}: ${message}`),
    );
  }
  const describe = (path: Path, message: string): string => {
    const { column, line } = yaml.locate(path) ?? { line: 1, column: 1 };
    return `${file}:${line}:${column}: ${path.length === 0 ? '' : `${pathText(path)}: `}${message}`;
  };
  const { issues, value } = readMessage('envoy.config.bootstrap.v3.Bootstrap', yaml.value);
  if (issues.length > 0) {
    throw new ConfigLoadError(
      issues.map(({ fix, message, path, suggestion }) => {
        const hint = suggestion === undefined ? fix : `did you mean '${suggestion}'?`;
        return describe(path, hint === undefined ? message : `${message}; ${hint}`);
      }),
    );
  }
  const refused = refuseUnsupported(value, supported);
  if (refused.length > 0)
    throw new ConfigLoadError(refused.map(({ message, path }) => describe(path, message)));
  return { bootstrap: value as Bootstrap, describe };
}
