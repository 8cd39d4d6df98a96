/**
 * The text of a configuration, by the name of its file: Envoy reads `.json` as JSON and everything else as YAML.
 */
import { readJson } from './read-json.js';
import type { YamlResult } from './read-yaml.js';
import { readYaml } from './read-yaml.js';

/** @param file its name, of which the ending counts */
export function readText(text: string, file: string): YamlResult {
  return file.endsWith('.json') ? readJson(text) : readYaml(text);
}
