/**
 * The formats of diagnostics by name. Each is loaded when it is asked for.
 */
import type { Diagnostic } from './diagnostic.js';

export interface FormatContext {
  readonly color: boolean;
  /** Base of the relative file names in locations. */
  readonly cwd: string;
  /** Of this package. */
  readonly version: string;
}

/** Text and concise are messages for people; all others are data. */
export const formatNames = [
  'text',
  'concise',
  'json',
  'sarif',
  'github',
  'gitlab',
  'junit',
  'checkstyle',
  'rdjson',
] as const;

export type FormatName = (typeof formatNames)[number];

/** The whole text, with a line feed at its end; `''` for no findings where the format can say that with nothing. */
export async function formatDiagnostics(
  format: FormatName,
  diagnostics: readonly Diagnostic[],
  context: FormatContext,
): Promise<string> {
  switch (format) {
    case 'text':
      return (await import('./format-text.js')).formatText(diagnostics, context);
    case 'concise':
      return (await import('./format-concise.js')).formatConcise(diagnostics);
    case 'json':
      return (await import('./format-json.js')).formatJson(diagnostics);
    case 'sarif': {
      const [{ formatSarif }, { titleOf }] = await Promise.all([
        import('./format-sarif.js'),
        import('./code-titles.js'),
      ]);
      return formatSarif(diagnostics, { version: context.version, titleOf });
    }
    case 'github':
      return (await import('./format-github.js')).formatGithub(diagnostics);
    case 'gitlab':
      return (await import('./format-gitlab.js')).formatGitlab(diagnostics);
    case 'junit':
      return (await import('./format-junit.js')).formatJunit(diagnostics);
    case 'checkstyle':
      return (await import('./format-checkstyle.js')).formatCheckstyle(diagnostics);
    case 'rdjson':
      return (await import('./format-rdjson.js')).formatRdjson(diagnostics);
  }
}
