/**
 * `docs/lint.md`: how to set the linter, and the list of its rules, made of the rules themselves.
 */
import { lintRules } from '../../compiler/index.js';

const head = `# Lint

\`envoy3 check\` and \`envoy3 build\` tell errors, which are what Envoy would refuse, and lint findings, which are what Envoy
accepts and nobody means. This page is made of the rules by \`node cli/setup/docs.mjs\`; \`envoy3 explain RULE\` prints the page
of a rule: what, why, a wrong and a right example, the source.

## Settings

\`envoy3.settings.ts\`, beside the configuration or in a folder above, is typed:

\`\`\`ts
import { defineRule, defineSettings } from 'envoy3';

const requireOwner = defineRule({
  name: 'acme/require-owner',
  summary: 'clusters say whose they are',
  options: { key: 'owner' },
  *check(view, { key }) {
    for (const cluster of view.clusters) {
      if (key in cluster.at('metadata').at('filter_metadata').at('acme').value) continue;
      yield {
        path: cluster.path,
        message: \`the cluster '\${cluster.value.name}' has no owner\`,
        fix: 'set metadata',
      };
    }
  },
});

export default defineSettings({
  lint: {
    extends: 'recommended', // or 'all', 'none'
    packs: { edge: 'warning', cost: 'off' },
    rules: {
      'no-retry-storm': { level: 'error', maxTries: 4 },
      'no-public-admin': { level: 'off', reason: 'the network of the container is closed' },
    },
    own: [requireOwner],
    baseline: 'envoy3-baseline.json',
  },
});
\`\`\`

- A rule is switched off with a reason only: in the settings, or where it is, in TypeScript (\`//\`) and YAML (\`#\`):
  \`// envoy3-disable-next-line RULE -- reason\`, \`envoy3-disable-line\`, and \`envoy3-disable\` for the whole file. A comment
  that switches nothing off is reported.
- \`envoy3 check --update-baseline\` lets through what is there today, by rule, file and name of the resource; what is mended
  and still listed is reported.
- \`--lint none|recommended|all\` and \`--no-settings\` go before the settings; \`--max-warnings N\` limits warnings.
- \`--format text|concise|json|sarif|github|gitlab|junit|checkstyle|rdjson\` (also \`ENVOY3_FORMAT\`); under GitHub Actions
  annotations follow the text by themselves. The JSON is described by [diagnostics.schema.json](diagnostics.schema.json).
- \`--fix\` makes the changes that cannot be wrong: misspelt names with one near name, durations without their unit.

## Rules

"on" is the level under \`extends: 'recommended'\`.
`;

/** The whole page. */
export function lintTable(): string {
  const packs = [...new Set(lintRules.map(({ pack }) => pack))];
  const sections = packs.map((pack) => {
    const rules = lintRules.filter((rule) => rule.pack === pack);
    const lines = rules.map(({ name, summary, severity, options }) => {
      const given =
        options === undefined
          ? ''
          : ` Options: ${Object.keys(options)
              .map((one) => `\`${one}\``)
              .join(', ')}.`;
      return `- \`${name}\` (${severity === 'off' ? 'off' : 'on'}): ${summary}.${given}\n`;
    });
    return `\n### ${pack}\n\n${lines.join('')}`;
  });
  return `${head}${sections.join('')}`;
}
