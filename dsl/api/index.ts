/**
 * The Envoy API: readers of YAML and of messages, durations, and the model that both are made of.
 */
export { compareDurations, durationMs, formatDuration, parseDuration } from './duration.js';
export { fieldsOf } from './describe-message.js';
export { isAtLeast, minorOf } from './history/release-order.js';
export type { TargetApi } from './history/target-api.js';
export type { Issue, IssueClass, Path, PathStep } from './issue.js';
export { readMessage } from './read-message.js';
export { readText } from './read-text.js';
export type { YamlError, YamlResult, YamlWarning } from './read-yaml.js';
export { readYaml } from './read-yaml.js';
export type { MessageReader, ReadOptions, ReadResult } from './reader/message-reader.js';
export { createReader } from './reader/message-reader.js';
export { nearName } from './reader/near-name.js';
