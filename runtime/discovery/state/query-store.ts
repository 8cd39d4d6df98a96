/**
 * Prepared queries: look-ups that are kept under a name, which DNS answers below `.query`.
 */
import { RE2JS } from 're2js';
import type { Catalog } from '../catalog/catalog.js';

export interface PreparedQuery {
  readonly id: string;
  readonly name: string;
  readonly session: string;
  readonly token: string;
  readonly template: {
    /** '' or `name_prefix_match`. */
    readonly type: string;
    readonly regexp: string;
    readonly removeEmptyTags: boolean;
  };
  readonly service: string;
  readonly onlyPassing: boolean;
  readonly near: string;
  /** `!tag`: instances without it. */
  readonly tags: readonly string[];
  readonly nodeMeta: Readonly<Record<string, string>>;
  readonly serviceMeta: Readonly<Record<string, string>>;
  /** Go duration, '' for the service's. */
  readonly dnsTtl: string;
  readonly createIndex: number;
  readonly modifyIndex: number;
}

export type QueryDefinition = Omit<PreparedQuery, 'createIndex' | 'modifyIndex'>;

export interface QueryDump {
  readonly index: number;
  readonly queries: readonly PreparedQuery[];
}

/** What a template's `${...}` stand for. */
function interpolate(text: string, groups: readonly string[], name: string, prefix: string): string {
  return text.replace(/\$\{([^}]*)\}/g, (_, expression: string) => {
    const match = /^match\((\d+)\)$/.exec(expression.trim());
    if (match !== null) return groups[Number(match[1])] ?? '';
    if (expression.trim() === 'name.full') return name;
    if (expression.trim() === 'name.prefix') return prefix;
    return expression.trim() === 'name.suffix' ? name.slice(prefix.length) : '';
  });
}

export class QueryStore {
  readonly #catalog: Catalog;
  readonly #queries = new Map<string, PreparedQuery>();
  index: number;

  constructor(catalog: Catalog) {
    this.#catalog = catalog;
    this.index = catalog.index;
  }

  get(id: string): PreparedQuery | undefined {
    return this.#queries.get(id);
  }

  all(): readonly PreparedQuery[] {
    return [...this.#queries.values()].sort((one, other) => (one.id < other.id ? -1 : 1));
  }

  /** @returns why it cannot be put, or undefined */
  refusal(definition: QueryDefinition): string | undefined {
    const other = this.all().find(
      ({ id, name, template }) =>
        id !== definition.id && name === definition.name && template.type === definition.template.type,
    );
    return other === undefined || definition.name === ''
      ? undefined
      : `name '${definition.name}' aliases an existing query name`;
  }

  put(definition: QueryDefinition): void {
    this.index = this.#catalog.raise();
    const before = this.#queries.get(definition.id);
    const createIndex = before?.createIndex ?? this.index;
    this.#queries.set(definition.id, { ...definition, createIndex, modifyIndex: this.index });
    this.#catalog.tell();
  }

  delete(id: string): void {
    if (!this.#queries.delete(id)) return;
    this.index = this.#catalog.raise();
    this.#catalog.tell();
  }

  /** By id, by name, or by the template with the longest prefix; templates come filled in. */
  resolve(nameOrId: string): PreparedQuery | undefined {
    const byId = this.#queries.get(nameOrId);
    if (byId !== undefined) return byId;
    let best: PreparedQuery | undefined;
    for (const query of this.#queries.values()) {
      if (query.template.type === '') {
        if (query.name !== '' && query.name.toLowerCase() === nameOrId.toLowerCase()) return query;
      } else if (nameOrId.startsWith(query.name) && query.name.length >= (best?.name.length ?? 0)) {
        best = query;
      }
    }
    return best === undefined ? undefined : fill(best, nameOrId);
  }

  dump(): QueryDump {
    return { index: this.index, queries: [...this.#queries.values()] };
  }

  restore(dump: QueryDump): void {
    this.#queries.clear();
    this.index = dump.index;
    for (const query of dump.queries) this.#queries.set(query.id, query);
  }
}

function fill(query: PreparedQuery, name: string): PreparedQuery {
  const groups = query.template.regexp === '' ? [] : groupsOf(query.template.regexp, name);
  const filled = (text: string): string => interpolate(text, groups, name, query.name);
  const tags = query.tags.map(filled);
  return {
    ...query,
    service: filled(query.service),
    near: filled(query.near),
    tags: query.template.removeEmptyTags ? tags.filter((tag) => tag !== '') : tags,
  };
}

/** Linear in the name, whatever the expression is: it runs for every question of DNS. */
function groupsOf(regexp: string, name: string): readonly string[] {
  try {
    const matcher = RE2JS.compile(regexp).matcher(name);
    if (!matcher.find()) return [];
    return Array.from({ length: matcher.groupCount() + 1 }, (_, index) => matcher.group(index) ?? '');
  } catch {
    // Refused when it was put; one of an older journal matches nothing.
    return [];
  }
}
