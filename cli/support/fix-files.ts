/**
 * `--fix`: what the findings know to be right is written into the files.
 */
import { readFileSync, realpathSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Diagnostic, TextEdit } from '../../compiler/index.js';
import { applyEdits, writeOutput } from '../../compiler/index.js';

/** @returns how many changes were made. @throws when a file cannot be written; it is whole then */
export function fixFiles(diagnostics: readonly Diagnostic[], cwd: string): number {
  const byFile = new Map<string, TextEdit[]>();
  for (const { edit } of diagnostics) {
    if (edit === undefined || edit.file === '<stdin>' || edit.file.includes('node_modules/')) continue;
    byFile.set(edit.file, [...(byFile.get(edit.file) ?? []), edit]);
  }
  let made = 0;
  for (const [file, edits] of byFile) {
    // Behind a link: the file is replaced, not the link.
    const path = realpathSync(resolve(cwd, file));
    const { text, count } = applyEdits(readFileSync(path, 'utf8'), edits);
    writeOutput(path, text);
    made += count;
  }
  return made;
}
