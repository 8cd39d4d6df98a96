import type { Diagnostic } from './diagnostic.js';

/** As the runner of GitHub Actions unescapes values of workflow commands. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

/** Workflow commands: annotations at the lines of a pull request. */
export function formatGithub(diagnostics: readonly Diagnostic[]): string {
  return diagnostics
    .map(({ severity, code, message, location, help }) => {
      const properties = [
        ...(location === undefined
          ? []
          : [
              `file=${property(location.file)}`,
              `line=${location.line}`,
              `col=${location.column}`,
              ...(location.length === undefined ? [] : [`endColumn=${location.column + location.length}`]),
            ]),
        `title=${property(`envoy3 ${code}`)}`,
      ];
      const text = help === undefined ? message : `${message}\nFix: ${help}`;
      return `::${severity} ${properties.join(',')}::${data(text)}\n`;
    })
    .join('');
}
