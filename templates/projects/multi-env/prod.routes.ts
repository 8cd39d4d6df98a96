/** Where requests go in prod. */
import { defineRouteTests } from 'envoy3';
import { sharedTests } from './shared-tests.js';

export default defineRouteTests({ config: 'envoy3.config.prod.ts', tests: sharedTests });
