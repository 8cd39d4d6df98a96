/**
 * A value as each language of the targets writes it, so that it means itself there and nothing else. Each function is a
 * helper of the templates under its own name.
 */

/** Plain scalars that YAML 1.1 and 1.2 both read as the same text. */
const plainYaml = /^[A-Za-z_/][\w./@+-]*$/;
const yamlWords = /^(?:true|false|yes|no|on|off|null|y|n)$/i;

/** A YAML scalar: plain where that is safe, else in double quotes. */
export function yaml(text: string): string {
  return plainYaml.test(text) && !yamlWords.test(text) ? text : JSON.stringify(text);
}

/** Text in a place that Jinja reads, as in all of Ansible's YAML. */
export function jinja(text: string): string {
  return text.replace(/\{[{%#]/g, (open) => `{{ '${open}' }}`);
}

/** One word of a POSIX shell. */
export function sh(text: string): string {
  return /^[\w./@%+:,=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** A string of Ruby, without interpolation. */
export function ruby(text: string): string {
  return `'${text.replace(/['\\]/g, '\\$&')}'`;
}

/** A string of Puppet, without interpolation: the same rules as Ruby's. */
export const puppet = ruby;

/** A value of JSON. */
export function json(text: string): string {
  return JSON.stringify(text);
}

/** One word in a unit file, where `%` begins a specifier. */
export function systemd(text: string): string {
  const doubled = text.replaceAll('%', '%%');
  return /^[\w./@%+:,=~-]+$/.test(doubled) ? doubled : `"${doubled.replace(/["\\]/g, '\\$&')}"`;
}

/** One word of a command in a unit file, where `$` begins a variable as well. */
export function systemd_exec(text: string): string {
  return systemd(text.replaceAll('$', '$$$$'));
}

/** Text to the end of its line in a unit file (`Description=`): not split, so not quoted. */
export function systemd_line(text: string): string {
  return text.replaceAll('%', '%%').replaceAll('\\', '\\\\');
}

/** A YAML scalar in a compose file, where `$` begins a variable. */
export function compose(text: string): string {
  return yaml(text.replaceAll('$', '$$$$'));
}

/** A path in logrotate's configuration, where the shell's patterns would match. */
export function logrotate(text: string): string {
  return `"${text.replace(/["\\*?[\]{}]/g, '\\$&')}"`;
}

/** Lines, two columns further in. Empty ones stay empty. */
export function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
