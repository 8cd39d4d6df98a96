import type { Diagnostic } from './diagnostic.js';
import { xmlAttributes, xmlText } from './xml-text.js';

function testCase(diagnostic: Diagnostic): string {
  const { location, severity, code, message, help } = diagnostic;
  const place = location === undefined ? '' : `${location.file}:${location.line}:${location.column}`;
  const attributes = xmlAttributes({
    name: `${code} ${place}`.trim(),
    classname: location?.file ?? 'envoy3',
  });
  const text = [place, message, ...(help === undefined ? [] : [`Fix: ${help}`])].join('\n');
  const failure =
    severity === 'error'
      ? `<failure${xmlAttributes({ message, type: code })}>${xmlText(text)}</failure>`
      : `<system-out>${xmlText(`warning ${code}: ${text}`)}</system-out>`;
  return `    <testcase${attributes}>${failure}</testcase>\n`;
}

/** JUnit's XML: each finding is a test case, errors are failures; without findings there is one case that passed. */
export function formatJunit(diagnostics: readonly Diagnostic[]): string {
  const failures = diagnostics.filter(({ severity }) => severity === 'error').length;
  const cases =
    diagnostics.length === 0
      ? `    <testcase${xmlAttributes({ name: 'no findings', classname: 'envoy3' })}/>\n`
      : diagnostics.map(testCase).join('');
  const counts = xmlAttributes({ name: 'envoy3 check', tests: Math.max(1, diagnostics.length), failures });
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>\n  <testsuite${counts}>\n${cases}  </testsuite>\n</testsuites>\n`;
}
