/** Where requests go in dev. */
import { defineRouteTests } from 'envoy3';
import { sharedTests } from './shared-tests.js';

export default defineRouteTests({ config: 'envoy3.config.dev.ts', tests: sharedTests });
