import { cpSync, existsSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { nearName } from '../../dsl/api/reader/near-name.js';
import { textOption } from '../arguments.js';
import type { Command } from '../command.js';
import { UsageError } from '../command.js';
import { linkPackage } from '../support/link-package.js';
import { packageRoot } from '../support/package.js';
import { templateFiles } from '../support/template-files.js';

/** `envoy3 init`: a project out of `templates/projects`. Overwrites nothing: it copies all files or none. */
export const init: Command = {
  name: 'init',
  summary: 'copy a project that builds and runs',
  usage: '[DIR] [--template NAME]',
  description:
    'Copies a project into DIR (default: the current folder). When one of its files exists already, nothing is copied. ' +
    'Where the package envoy3 is not installed, node_modules/envoy3 becomes a link to this one.',
  options: {
    template: {
      type: 'string',
      short: 't',
      value: 'NAME',
      description: 'the project to copy (default front-proxy)',
    },
    list: { type: 'boolean', description: 'print the names of all projects' },
  },
  maxPositionals: 1,
  examples: [
    ['envoy3 init my-proxy', 'the front proxy, in ./my-proxy'],
    ['envoy3 init --list', 'what there is'],
  ],
  async run(args, io) {
    const projects = join(packageRoot, 'templates', 'projects');
    const names = readdirSync(projects).filter((name) => statSync(join(projects, name)).isDirectory());
    if (args.values.list === true) {
      io.stdout(names.map((name) => `${name}\n`).join(''));
      return 0;
    }
    const name = textOption(args, 'template') ?? 'front-proxy';
    if (!names.includes(name)) {
      const near = nearName(name, names);
      throw new UsageError(
        `there is no template '${name}'${near === undefined ? `; there are: ${names.join(', ')}` : `; did you mean '${near}'?`}`,
      );
    }
    const source = join(projects, name);
    const target = resolve(io.cwd, args.positionals[0] ?? '.');
    const files = templateFiles(source);
    const taken = files.map((file) => file.target).filter((file) => existsSync(join(target, file)));
    if (taken.length > 0) {
      throw new UsageError(`nothing copied, these exist already in ${target}: ${taken.join(', ')}`);
    }
    mkdirSync(target, { recursive: true });
    for (const file of files) {
      cpSync(join(source, file.source), join(target, file.target), { force: false, errorOnExist: true });
    }
    io.stderr(`envoy3: ${files.length} files copied\n`);
    if (linkPackage(target)) io.stderr(`envoy3: node_modules/envoy3 is a link to ${packageRoot}\n`);
    const where = relative(io.cwd, target);
    io.stderr(`next: ${where === '' ? '' : `cd ${where} && `}npm start\n`);
    return 0;
  },
};
