import type { Command } from '../command.js';

/** `envoy3 lsp`: the language server, on standard input and output. */
export const lsp: Command = {
  name: 'lsp',
  summary: 'serve an editor: diagnostics, hovers, definitions',
  usage: '[--stdio]',
  description:
    'A language server (LSP) on standard input and output. For bootstraps in YAML and JSON: diagnostics while one types, what\na field means, the cluster or secret that a name stands for. For configuration modules: diagnostics when they are saved,\nand what an expression has become in the bootstrap.',
  options: {
    stdio: { type: 'boolean', description: 'speak on standard input and output, as it does anyway' },
  },
  maxPositionals: 0,
  examples: [['envoy3 lsp --stdio', 'what an editor starts']],
  async run(_args, io) {
    const [{ createConnection, ProposedFeatures }, { LanguageServer }] = await Promise.all([
      import('vscode-languageserver/node'),
      import('../language-server/language-server.js'),
    ]);
    const connection = createConnection(ProposedFeatures.all, process.stdin, process.stdout);
    return new Promise<number>((done) => {
      connection.onExit(() => done(0));
      process.stdin.on('end', () => done(0));
      new LanguageServer(connection, io.cwd, io.env).listen();
    });
  },
};
