/**
 * What the table of endpoints says about itself: `/help`, `/` and the answer to an unknown path.
 */
import type { AdminResponse, Endpoint } from './endpoint.js';
import { text } from './endpoint.js';
import { escapeHtml, htmlPage } from './html.js';

function commands(endpoints: readonly Endpoint[]): string {
  const lines = endpoints.flatMap(({ path, help, mutates, parameters = {} }) => [
    `  ${path}${mutates ? ' (POST)' : ''}: ${help}\n`,
    ...Object.entries(parameters).map(([name, description]) => `      ${name}: ${description}\n`),
  ]);
  return `admin commands are:\n${lines.join('')}`;
}

/** `/help`. */
export function help(endpoints: readonly Endpoint[]): AdminResponse {
  return text(commands(endpoints));
}

/** The answer to a path that is not in the table. */
export function unknownPath(endpoints: readonly Endpoint[]): AdminResponse {
  return text(`invalid path. ${commands(endpoints)}`, 404);
}

/** `/`: a page with a link or a button for every endpoint. */
export function home(endpoints: readonly Endpoint[]): AdminResponse {
  const rows = endpoints
    .filter(({ path }) => path !== '/')
    .map(({ path, help: description, mutates }) => {
      const address = escapeHtml(path.slice(1));
      const control = mutates
        ? `<form action="${address}" method="post"><button>${address}</button></form>`
        : `<a href="${address}">${address}</a>`;
      return `<tr><td>${control}</td><td>${escapeHtml(description)}</td></tr>`;
    });
  return htmlPage(
    `<table>\n<thead><tr><th>Command</th><th>Description</th></tr></thead>\n<tbody>\n${rows.join('\n')}\n</tbody>\n</table>`,
  );
}
