import type { Path } from '../dsl/api/index.js';

/** `static_resources.clusters[0].name`; keys that are no names are quoted: `typed_per_filter_config["a.b"]`. */
export function pathText(path: Path): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (/^[A-Za-z_]\w*$/.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}
