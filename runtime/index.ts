/**
 * The bundled runtime: `envoy3.yaml` -> a running proxy.
 */
export type { LogLevel } from './common/logger.js';
export { logLevels } from './common/logger.js';
export { ConfigLoadError } from './config/config-loader.js';
export type { ConfigWatcher } from './config/config-watcher.js';
export { watchFile } from './config/watch-file.js';
export type { Server } from './server/server.js';
export { createServer } from './server/server.js';
export type { ServerOptions } from './server/server-options.js';
