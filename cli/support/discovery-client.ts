/**
 * Asks an agent over HTTP, ours or Consul's, and shows what it says as tables.
 */

export interface AgentAddress {
  /** `http://127.0.0.1:8500`. */
  readonly url: string;
  /** '' for none. */
  readonly token: string;
}

/** A reply with the index to wait for. */
export interface AgentReply {
  readonly json: unknown;
  readonly index: number;
}

interface HealthCheck {
  readonly Node: string;
  readonly CheckID: string;
  readonly Name: string;
  readonly Status: string;
  readonly Output: string;
  readonly ServiceID: string;
  readonly ServiceName: string;
}

interface Instance {
  readonly Node: { readonly Node: string; readonly Address: string };
  readonly Service: {
    readonly ID: string;
    readonly Service: string;
    readonly Address: string;
    readonly Port?: number;
    readonly Tags: readonly string[] | null;
  };
  readonly Checks: readonly HealthCheck[];
}

/** @throws Error in words, for an agent that is not there or refuses */
export async function askAgent(
  { url, token }: AgentAddress,
  path: string,
  init: { readonly method?: string; readonly body?: string; readonly signal?: AbortSignal } = {},
): Promise<AgentReply> {
  let response: Response;
  try {
    response = await fetch(new URL(path, url), {
      ...init,
      headers: token === '' ? {} : { 'X-Consul-Token': token },
    });
  } catch (error) {
    if ((error as Error).name === 'AbortError') throw error;
    const { cause, message } = error as Error & { cause?: Error };
    throw new Error(`no agent at ${url}: ${cause?.message || message}`);
  }
  const text = await response.text();
  if (!response.ok) throw new Error(`${url} says: ${text.trim() || response.status}`);
  return {
    json: text === '' ? undefined : JSON.parse(text),
    index: Number(response.headers.get('x-consul-index') ?? 0),
  };
}

function statusOf(checks: readonly HealthCheck[]): string {
  const found = new Set(checks.map(({ Status }) => Status));
  if (checks.some(({ CheckID }) => /^_(?:node|service)_maintenance/.test(CheckID))) return 'maintenance';
  return ['critical', 'warning'].find((status) => found.has(status)) ?? 'passing';
}

/** Columns as wide as their widest cell. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  return all
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `${line}\n`)
    .join('');
}

async function instancesOf(agent: AgentAddress, service: string | undefined): Promise<Instance[]> {
  const names =
    service === undefined
      ? Object.keys((await askAgent(agent, '/v1/catalog/services')).json as object)
      : [service];
  const found: Instance[] = [];
  for (const name of names.sort()) {
    const { json } = await askAgent(agent, `/v1/health/service/${encodeURIComponent(name)}`);
    found.push(...(json as Instance[]));
  }
  return found;
}

async function servicesTable(agent: AgentAddress): Promise<string> {
  const byName = new Map<string, Instance[]>();
  for (const instance of await instancesOf(agent, undefined)) {
    const name = instance.Service.Service;
    byName.set(name, [...(byName.get(name) ?? []), instance]);
  }
  const rows = [...byName].map(([name, instances]) => {
    const count = (...wanted: string[]): string =>
      String(instances.filter(({ Checks }) => wanted.includes(statusOf(Checks))).length);
    const tags = new Set(instances.flatMap(({ Service }) => Service.Tags ?? []));
    return [
      name,
      String(instances.length),
      count('passing'),
      count('warning'),
      count('critical', 'maintenance'),
      [...tags].sort().join(','),
    ];
  });
  return table(['SERVICE', 'INSTANCES', 'PASSING', 'WARNING', 'CRITICAL', 'TAGS'], rows);
}

async function instancesTable(agent: AgentAddress, service: string | undefined): Promise<string> {
  const rows = (await instancesOf(agent, service)).map(({ Node, Service, Checks }) => [
    Service.Service,
    Service.ID,
    Node.Node,
    `${Service.Address || Node.Address}:${Service.Port ?? 0}`,
    statusOf(Checks),
    (Service.Tags ?? []).join(','),
  ]);
  return table(['SERVICE', 'ID', 'NODE', 'ADDRESS', 'HEALTH', 'TAGS'], rows);
}

/** One line of what a check said. */
function firstLine(output: string): string {
  const [line = ''] = output.split('\n');
  // Somebody else wrote it: what would move the cursor of a terminal is left out.
  const text = line.replace(/[^\x20-\x7e\u00a0-\uffff]/g, '?');
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}

async function checksTable(agent: AgentAddress, service: string | undefined): Promise<string> {
  const path =
    service === undefined ? '/v1/health/state/any' : `/v1/health/checks/${encodeURIComponent(service)}`;
  const { json } = await askAgent(agent, path);
  const rows = (json as HealthCheck[]).map((check) => [
    check.CheckID,
    check.ServiceName,
    check.Node,
    check.Status,
    firstLine(check.Output),
  ]);
  return table(['CHECK', 'SERVICE', 'NODE', 'STATUS', 'OUTPUT'], rows);
}

export type View = 'services' | 'instances' | 'checks';

/** @param service only this one, where the view has several */
export function showView(agent: AgentAddress, view: View, service: string | undefined): Promise<string> {
  if (view === 'services') return servicesTable(agent);
  return view === 'instances' ? instancesTable(agent, service) : checksTable(agent, service);
}

/** Comes back when services or their health are others than at these indexes. @returns the new indexes */
export async function waitForChange(
  agent: AgentAddress,
  known: { readonly services: number; readonly checks: number },
  signal: AbortSignal,
): Promise<{ services: number; checks: number }> {
  const over = new AbortController();
  const both = AbortSignal.any([signal, over.signal]);
  const ask = async (path: string, index: number): Promise<number> =>
    (await askAgent(agent, `${path}?index=${index}&wait=60s`, { signal: both })).index;
  const waits = [
    ask('/v1/catalog/services', known.services).then((services) => ({ ...known, services })),
    ask('/v1/health/state/any', known.checks).then((checks) => ({ ...known, checks })),
  ];
  try {
    return await Promise.race(waits);
  } finally {
    over.abort();
    // The one that was cut off.
    for (const wait of waits) wait.catch(() => undefined);
  }
}
