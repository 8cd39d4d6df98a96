/**
 * SARIF 2.1.0: what code scanning of GitHub, GitLab and Azure takes.
 */
import { createHash } from 'node:crypto';
import type { Diagnostic, SourceLocation } from './diagnostic.js';

export interface SarifTool {
  readonly version: string;
  /** One line about a code, when it has a page. */
  titleOf(code: string): string | undefined;
}

/** A relative reference as RFC 3986 has it. */
function uriOf(file: string): string {
  return encodeURI(file.replaceAll('\\', '/')).replace(/[#?]/g, encodeURIComponent);
}

function physical({ file, line, column, length }: SourceLocation) {
  const region = {
    startLine: line,
    startColumn: column,
    ...(length === undefined ? {} : { endColumn: column + length }),
  };
  return { physicalLocation: { artifactLocation: { uri: uriOf(file) }, region } };
}

/** The same finding in two runs, whatever moved above it. */
export function fingerprint({ code, location, identity, path, message }: Diagnostic): string {
  const text = [code, location?.file ?? '', identity ?? path ?? '', message].join('\n');
  return createHash('sha256').update(text).digest('hex').slice(0, 32);
}

function resultOf(diagnostic: Diagnostic, rules: readonly string[]) {
  const { code, severity, message, location, help, related, path, yaml } = diagnostic;
  const others = [
    ...(related ?? []),
    ...(yaml === undefined ? [] : [{ message: 'in the emitted YAML', location: yaml }]),
  ];
  return {
    ruleId: code,
    ruleIndex: rules.indexOf(code),
    level: severity,
    message: { text: help === undefined ? message : `${message}\nFix: ${help}` },
    ...(location === undefined
      ? {}
      : {
          locations: [
            {
              ...physical(location),
              ...(path === undefined ? {} : { logicalLocations: [{ fullyQualifiedName: path }] }),
            },
          ],
        }),
    ...(others.length === 0
      ? {}
      : {
          relatedLocations: others.map((one, index) => ({
            id: index + 1,
            ...physical(one.location),
            message: { text: one.message },
          })),
        }),
    partialFingerprints: { 'envoy3/v1': fingerprint(diagnostic) },
  };
}

export function formatSarif(diagnostics: readonly Diagnostic[], tool: SarifTool): string {
  const rules = [...new Set(diagnostics.map(({ code }) => code))].sort();
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'envoy3',
            semanticVersion: tool.version,
            rules: rules.map((id) => ({
              id,
              shortDescription: { text: tool.titleOf(id) ?? id },
              help: { text: `envoy3 explain ${id}` },
            })),
          },
        },
        columnKind: 'utf16CodeUnits',
        results: diagnostics.map((diagnostic) => resultOf(diagnostic, rules)),
      },
    ],
  };
  return `${JSON.stringify(log, undefined, 2)}\n`;
}
