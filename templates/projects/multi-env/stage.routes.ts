/** Where requests go in stage. */
import { defineRouteTests } from 'envoy3';
import { sharedTests } from './shared-tests.js';

export default defineRouteTests({ config: 'envoy3.config.stage.ts', tests: sharedTests });
