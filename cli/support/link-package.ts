import { existsSync, lstatSync, mkdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { packageRoot } from './package.js';

function isInstalled(project: string): boolean {
  try {
    createRequire(join(project, 'package.json')).resolve('envoy3/package.json');
    return true;
  } catch {
    return false;
  }
}

/** @returns false when something else is there already; a link that leads nowhere is replaced */
function link(to: string, path: string): boolean {
  const there = lstatSync(path, { throwIfNoEntry: false });
  if (there?.isSymbolicLink() === true && !existsSync(path)) unlinkSync(path);
  else if (there !== undefined) return false;
  // A junction needs no rights on Windows; elsewhere the kind is not looked at.
  symlinkSync(to, path, 'junction');
  return true;
}

/**
 * Makes `import ... from 'envoy3'` of a project mean this package, unless one is installed there or in a folder above: an
 * editor then knows the types, and the scripts of the project find the command.
 * @returns whether it was linked
 */
export function linkPackage(project: string): boolean {
  if (isInstalled(project)) return false;
  const modules = join(project, 'node_modules');
  mkdirSync(join(modules, '.bin'), { recursive: true });
  if (!link(packageRoot, join(modules, 'envoy3'))) return false;
  if (process.platform !== 'win32')
    link(join('..', 'envoy3', 'cli', 'envoy3.mjs'), join(modules, '.bin', 'envoy3'));
  return true;
}
