/**
 * Handlebars as the templates of `deploy` use it: strict, nothing escaped by itself, only the helpers named here.
 */
import Handlebars from 'handlebars';
import * as quote from './quote.js';
import { strictContext } from './strict-context.js';

/** The arguments of a helper, without what Handlebars adds. */
function given(all: readonly unknown[]): unknown[] {
  return all.slice(0, -1);
}

/** Helpers take texts and numbers. */
function textOf(value: unknown, helper: string): string {
  if (typeof value === 'string' || typeof value === 'number') return String(value);
  throw new Error(`'${helper}' got ${value === undefined ? 'nothing' : typeof value}`);
}

function createEngine() {
  const engine = Handlebars.create();
  for (const [name, write] of Object.entries(quote)) {
    engine.registerHelper(name, (...all: unknown[]) => write(textOf(given(all)[0], name)));
  }
  engine.registerHelper('concat', (...all: unknown[]) =>
    given(all)
      .map((one) => textOf(one, 'concat'))
      .join(''),
  );
  return engine;
}

const engine = createEngine();
const knownHelpers = Object.fromEntries(
  ['if', 'unless', 'each', 'concat', ...Object.keys(quote)].map((name) => [name, true]),
);

/**
 * @throws MissingValue for a name that the context has not, Error for a template that cannot be read
 */
export function renderTemplate(template: string, context: Readonly<Record<string, unknown>>): string {
  const options = { strict: true, noEscape: true, knownHelpersOnly: true, knownHelpers, preventIndent: true };
  return engine.compile(template, options)(strictContext(context));
}
