/**
 * One suite of the conformance run, in a process of its own: one that dies or hangs costs only itself.
 * What it may use comes as JSON in the variable `ENVOY3_CONFORMANCE`. Its last line is `N passed, N failed`.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './build.mjs';

const name = process.argv[2];
const context = { ...JSON.parse(process.env.ENVOY3_CONFORMANCE), root };
const suite = await import(pathToFileURL(join(root, 'dist', 'test', 'conformance', `${name}.js`)).href);
const isOfShared = name === 'verdicts' || name === 'cross-checks';
const { lines, passed, failed } = await suite.run(isOfShared ? context.sharedDir : context);
const text = [...lines.map((line) => `  ${line}`), `  ${passed} passed, ${failed} failed`].join('\n');
process.stdout.write(`${text}\n`, () => process.exit(0));
