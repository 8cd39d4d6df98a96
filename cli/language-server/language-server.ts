/**
 * `envoy3 lsp`: diagnostics, hovers and definitions for bootstraps in YAML and JSON, diagnostics and compiled values for
 * configuration modules. Whatever fails is logged to the editor and costs that one answer only.
 */
import { readFileSync } from 'node:fs';
import { dirname, isAbsolute, relative, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { Connection, Hover, Location } from 'vscode-languageserver/node';
import { TextDocumentSyncKind } from 'vscode-languageserver/node';
import { TextDocument } from 'vscode-languageserver-textdocument';
import type { Diagnostic } from '../../compiler/index.js';
import { checkFile, compile, emitYaml } from '../../compiler/index.js';
import type { CompiledValues } from '../../compiler/editor/compiled-values.js';
import { compiledValues } from '../../compiler/editor/compiled-values.js';
import { bootstrapType, fieldAt } from '../../compiler/editor/field-at.js';
import { fieldHover } from '../../compiler/editor/field-hover.js';
import { yamlTree } from '../../compiler/editor/yaml-cursor.js';
import { definitionOf } from '../../compiler/editor/yaml-definition.js';
import { fieldsOf, readText } from '../../dsl/api/index.js';
import { toLsp } from './to-lsp.js';

/** Somebody who types is let finish. Milliseconds. */
const settleMs = 150;

/** Of one expression that made many values, so many are shown. */
const maxShown = 3;

interface Position {
  readonly line: number;
  readonly character: number;
}

function isModule(path: string): boolean {
  return /\.[cm]?ts$/.test(path);
}

/** A module that is a configuration by its name; others are parts of one. */
function isEntry(path: string): boolean {
  return /(?:^|[./\\])envoy3\.config(?:\.[\w-]+)?\.[cm]?ts$/.test(path) || /\.envoy3\.ts$/.test(path);
}

/** Whether a text means a bootstrap: it has one of its fields at the top. */
function isBootstrap(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const names = fieldsOf(bootstrapType);
  const snake = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  return Object.keys(value).some((key) => names?.has(snake(key)) === true);
}

export class LanguageServer {
  readonly #connection: Connection;
  readonly #env: Readonly<Record<string, string | undefined>>;
  readonly #documents = new Map<string, TextDocument>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  /** Of each entry: what it compiled to, and what it was when that was found out. */
  readonly #values = new Map<
    string,
    { readonly stamp: string; readonly values: CompiledValues | undefined }
  >();
  /** Files that got diagnostics through an entry. */
  readonly #told = new Map<string, ReadonlySet<string>>();
  #cwd: string;

  constructor(connection: Connection, cwd: string, env: Readonly<Record<string, string | undefined>>) {
    this.#connection = connection;
    this.#cwd = cwd;
    this.#env = env;
  }

  listen(): void {
    const connection = this.#connection;
    connection.onInitialize(({ workspaceFolders, rootUri }) => {
      const root = workspaceFolders?.[0]?.uri ?? rootUri;
      if (root?.startsWith('file:') === true) this.#cwd = fileURLToPath(root);
      return {
        serverInfo: { name: 'envoy3' },
        capabilities: {
          textDocumentSync: { openClose: true, change: TextDocumentSyncKind.Incremental, save: true },
          hoverProvider: true,
          definitionProvider: true,
        },
      };
    });
    connection.onDidOpenTextDocument(({ textDocument: { languageId, text, uri, version } }) => {
      this.#documents.set(uri, TextDocument.create(uri, languageId, version, text));
      this.#schedule(uri);
    });
    connection.onDidChangeTextDocument(({ contentChanges, textDocument: { uri, version } }) => {
      const document = this.#documents.get(uri);
      if (document === undefined) return;
      this.#documents.set(uri, TextDocument.update(document, contentChanges, version));
      // A module is compiled from the disk: what is not saved is not there yet.
      if (!isModule(uri)) this.#schedule(uri);
    });
    connection.onDidSaveTextDocument(({ textDocument: { uri } }) => {
      for (const open of this.#documents.keys()) if (open === uri || isModule(uri)) this.#schedule(open);
    });
    connection.onDidCloseTextDocument(({ textDocument: { uri } }) => this.#close(uri));
    connection.onHover(({ position, textDocument }) =>
      this.#answer(() => this.#hover(textDocument.uri, position)),
    );
    connection.onDefinition(({ position, textDocument }) =>
      this.#answer(async () => this.#definition(textDocument.uri, position)),
    );
    connection.onShutdown(() => {
      for (const timer of this.#timers.values()) clearTimeout(timer);
    });
    connection.listen();
  }

  /** The folder that the editor has open, or that of a file outside of it. */
  #cwdOf(file: string): string {
    const inside = relative(this.#cwd, file);
    return inside.startsWith('..') || isAbsolute(inside) ? dirname(file) : this.#cwd;
  }

  async #answer<T>(find: () => Promise<T | undefined>): Promise<T | null> {
    try {
      return (await find()) ?? null;
    } catch (error) {
      this.#connection.console.error(String((error as Error).stack));
      return null;
    }
  }

  #schedule(uri: string): void {
    clearTimeout(this.#timers.get(uri));
    const timer = setTimeout(() => void this.#answer(() => this.#check(uri)), settleMs);
    this.#timers.set(uri, timer);
  }

  #close(uri: string): void {
    clearTimeout(this.#timers.get(uri));
    this.#documents.delete(uri);
    this.#values.delete(uri);
    for (const told of [uri, ...(this.#told.get(uri) ?? [])]) {
      void this.#connection.sendDiagnostics({ uri: told, diagnostics: [] });
    }
    this.#told.delete(uri);
  }

  async #check(uri: string): Promise<undefined> {
    const document = this.#documents.get(uri);
    if (document === undefined || !uri.startsWith('file:')) return undefined;
    const file = fileURLToPath(uri);
    const cwd = this.#cwdOf(file);
    if (isModule(file)) {
      if (isEntry(file))
        this.#publish(uri, cwd, (await compile({ entry: file, cwd, env: this.#env })).diagnostics);
      return undefined;
    }
    const text = document.getText();
    const { errors, value } = readText(text, file);
    const isOne = errors.length === 0 ? isBootstrap(value) : /^(?:static_resources|admin):/m.test(text);
    const found = isOne ? await checkFile(text, { file: relative(cwd, file), cwd, env: this.#env }) : [];
    // Somebody has typed on since then: the next check is on its way.
    if (this.#documents.get(uri)?.version === document.version) this.#publish(uri, cwd, found);
    return undefined;
  }

  #publish(uri: string, cwd: string, found: readonly Diagnostic[]): void {
    const byFile = new Map<string, Diagnostic[]>([[uri, []]]);
    for (const one of found) {
      const file = one.location === undefined ? uri : pathToFileURL(resolve(cwd, one.location.file)).href;
      const list = byFile.get(file) ?? [];
      list.push(one);
      byFile.set(file, list);
    }
    for (const old of this.#told.get(uri) ?? []) if (!byFile.has(old)) byFile.set(old, []);
    for (const [file, list] of byFile) {
      void this.#connection.sendDiagnostics({ uri: file, diagnostics: list.map((one) => toLsp(one, cwd)) });
    }
    this.#told.set(uri, new Set(byFile.keys()));
  }

  async #hover(uri: string, position: Position): Promise<Hover | undefined> {
    const document = this.#documents.get(uri);
    if (document === undefined) return undefined;
    if (isModule(uri)) return this.#valueHover(uri, position);
    const text = document.getText();
    const cursor = yamlTree(text).at(document.offsetAt(position));
    const { value } = readText(text, uri);
    if (cursor === undefined || !isBootstrap(value)) return undefined;
    const place = fieldAt(value, cursor.path);
    if (place === undefined) return undefined;
    const range = { start: document.positionAt(cursor.start), end: document.positionAt(cursor.end) };
    return { contents: { kind: 'markdown', value: fieldHover(place) }, range };
  }

  /** What an expression of a module has become in the bootstrap. */
  async #valueHover(uri: string, { character, line }: Position): Promise<Hover | undefined> {
    const file = fileURLToPath(uri);
    const entries = [...this.#documents.keys()].filter(
      (open) => isModule(open) && isEntry(fileURLToPath(open)),
    );
    for (const entry of entries.includes(uri) ? [uri] : entries) {
      const found = (await this.#valuesOf(fileURLToPath(entry)))?.at(file, line + 1, character + 1) ?? [];
      if (found.length === 0) continue;
      const shown = found.slice(0, maxShown).map(({ path, value }) => {
        const yaml = emitYaml({ value })
          .text.replace(/^value:\s*/, '')
          .trimEnd();
        return `\`${path}\`\n\`\`\`yaml\n${yaml.length > 2000 ? `${yaml.slice(0, 2000)}\n...` : yaml}\n\`\`\``;
      });
      const more = found.length > maxShown ? [`and ${found.length - maxShown} more`] : [];
      return { contents: { kind: 'markdown', value: [...shown, ...more].join('\n\n') } };
    }
    return undefined;
  }

  async #valuesOf(entry: string): Promise<CompiledValues | undefined> {
    const open = [...this.#documents.keys()].filter(isModule);
    const stamp = open.map((uri) => readFileSync(fileURLToPath(uri), 'utf8')).join('\0');
    const known = this.#values.get(entry);
    if (known?.stamp === stamp) return known.values;
    const values = await compiledValues(entry, this.#cwdOf(entry), this.#env);
    this.#values.set(entry, { stamp, values });
    return values;
  }

  #definition(uri: string, position: Position): Location | undefined {
    const document = this.#documents.get(uri);
    if (document === undefined || isModule(uri)) return undefined;
    const text = document.getText();
    const tree = yamlTree(text);
    const cursor = tree.at(document.offsetAt(position));
    const span = cursor === undefined ? undefined : definitionOf(cursor, readText(text, uri).value, tree);
    if (span === undefined) return undefined;
    return { uri, range: { start: document.positionAt(span.start), end: document.positionAt(span.end) } };
  }
}
