/**
 * Tokens whose signature was found to be good (`JwtCacheConfig`), those used last: they are not verified again, but their
 * times are.
 */
import type { Fields } from '../../../common/message-fields.js';
import { numberOf } from '../../../common/message-fields.js';
import type { Jwt } from './jwt.js';

const defaultSize = 100;
const defaultMaxTokenOctets = 4096;

export class TokenCache {
  private readonly size: number;
  private readonly maxTokenOctets: number;
  private readonly tokens = new Map<string, Jwt>();

  constructor(config: Fields) {
    this.size = numberOf(config.jwt_cache_size, 0) || defaultSize;
    this.maxTokenOctets = numberOf(config.jwt_max_token_size, 0) || defaultMaxTokenOctets;
  }

  find(text: string): Jwt | undefined {
    const found = this.tokens.get(text);
    if (found === undefined) return undefined;
    this.tokens.delete(text);
    this.tokens.set(text, found);
    return found;
  }

  add(text: string, jwt: Jwt): void {
    if (text.length > this.maxTokenOctets) return;
    this.tokens.set(text, jwt);
    if (this.tokens.size <= this.size) return;
    const [oldest] = this.tokens.keys();
    if (oldest !== undefined) this.tokens.delete(oldest);
  }

  /** A token that is valid no more is not worth its place. */
  delete(text: string): void {
    this.tokens.delete(text);
  }
}
