import { ConfigError } from './filter.js';

/** Calls `make`; an error of it gets the steps that lead to what it makes. @throws ConfigError */
export function under<T>(make: () => T, ...steps: (string | number)[]): T {
  try {
    return make();
  } catch (error) {
    throw error instanceof ConfigError ? error.under(...steps) : error;
  }
}
