/**
 * All commands. A command's module is loaded when it runs, so that `envoy3 --help` costs nothing.
 */
import type { Command } from './command.js';

export interface CommandEntry {
  readonly name: string;
  readonly summary: string;
  load(): Promise<Command>;
}

export const commandTable: readonly CommandEntry[] = [
  {
    name: 'init',
    summary: 'copy a project that builds and runs',
    load: async () => (await import('./commands/init.js')).init,
  },
  {
    name: 'build',
    summary: 'compile a configuration into envoy3.yaml',
    load: async () => (await import('./commands/build.js')).build,
  },
  {
    name: 'check',
    summary: 'tell what is wrong with configurations, without writing anything',
    load: async () => (await import('./commands/check.js')).check,
  },
  {
    name: 'test',
    summary: 'run route tests, without a proxy',
    load: async () => (await import('./commands/test.js')).test,
  },
  {
    name: 'route',
    summary: 'tell what serves a URL, and why',
    load: async () => (await import('./commands/route.js')).route,
  },
  {
    name: 'import',
    summary: 'write an existing configuration as TypeScript',
    load: async () => (await import('./commands/import.js')).importCommand,
  },
  {
    name: 'migrate',
    summary: 'rewrite a configuration of an older Envoy for v3',
    load: async () => (await import('./commands/migrate.js')).migrate,
  },
  {
    name: 'fmt',
    summary: 'format configurations in YAML, comments kept',
    load: async () => (await import('./commands/fmt.js')).fmt,
  },
  {
    name: 'diff',
    summary: 'tell what differs between two configurations, by resource',
    load: async () => (await import('./commands/diff.js')).diff,
  },
  {
    name: 'plan',
    summary: 'tell what putting a configuration in force would do',
    load: async () => (await import('./commands/plan.js')).plan,
  },
  {
    name: 'graph',
    summary: 'draw a configuration: listeners, routes, clusters, hosts',
    load: async () => (await import('./commands/graph.js')).graph,
  },
  {
    name: 'docs',
    summary: 'write a page about a configuration',
    load: async () => (await import('./commands/docs.js')).docs,
  },
  {
    name: 'serve',
    summary: 'run the proxy on an envoy3.yaml',
    load: async () => (await import('./commands/serve.js')).serve,
  },
  {
    name: 'discovery',
    summary: 'run the Consul-style discovery service, or ask one',
    load: async () => (await import('./commands/discovery.js')).discovery,
  },
  {
    name: 'deploy',
    summary: 'write files for Ansible, Chef, Puppet, systemd, containers, CI and others',
    load: async () => (await import('./commands/deploy.js')).deploy,
  },
  {
    name: 'lsp',
    summary: 'serve an editor: diagnostics, hovers, definitions',
    load: async () => (await import('./commands/lsp.js')).lsp,
  },
  {
    name: 'schema',
    summary: 'print a JSON Schema, for editors of plain YAML',
    load: async () => (await import('./commands/schema.js')).schema,
  },
  {
    name: 'explain',
    summary: 'explain a diagnostic code',
    load: async () => (await import('./commands/explain.js')).explain,
  },
  {
    name: 'completion',
    summary: 'print a completion script for bash, zsh or fish',
    load: async () => (await import('./commands/completion.js')).completion,
  },
];
