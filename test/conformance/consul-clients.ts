/**
 * Clients that others wrote, against our agent: Go's `github.com/hashicorp/consul/api` and Python's `py-consul` and
 * `python-consul2`. Each registers, reports, watches, locks and reads keys. A language that is not installed, or whose
 * packages cannot be had, is left out by name.
 */
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createDiscovery } from '../../runtime/discovery/index.js';
import { isInstalled } from '../bench/processes.js';

const goProgram = `package main

import (
	"fmt"
	"os"
	"time"

	"github.com/hashicorp/consul/api"
	"github.com/hashicorp/consul/api/watch"
)

func must(what string, err error) {
	if err != nil {
		fmt.Println("FAILED", what, err)
		os.Exit(1)
	}
	fmt.Println("ok", what)
}

func main() {
	client, err := api.NewClient(&api.Config{Address: os.Args[1]})
	must("client", err)
	agent := client.Agent()
	registration := &api.AgentServiceRegistration{ID: "g1", Name: "g", Port: 80, Tags: []string{"t"},
		Check: &api.AgentServiceCheck{TTL: "30s"}}
	must("register", agent.ServiceRegister(registration))
	must("update ttl", agent.UpdateTTL("service:g1", "fine", api.HealthPassing))
	entries, meta, err := client.Health().Service("g", "t", true, nil)
	must("health", err)
	if len(entries) != 1 || meta.LastIndex == 0 {
		must("health entries", fmt.Errorf("%d entries, index %d", len(entries), meta.LastIndex))
	}
	seen := make(chan int, 10)
	plan, err := watch.Parse(map[string]interface{}{"type": "service", "service": "g", "passingonly": true})
	must("watch", err)
	plan.Handler = func(_ uint64, raw interface{}) { seen <- len(raw.([]*api.ServiceEntry)) }
	go plan.Run(os.Args[1])
	if first := <-seen; first != 1 {
		must("watch first", fmt.Errorf("%d", first))
	}
	second := &api.AgentServiceRegistration{ID: "g2", Name: "g", Port: 81}
	must("register another", agent.ServiceRegisterOpts(second, api.ServiceRegisterOpts{ReplaceExistingChecks: true}))
	select {
	case count := <-seen:
		if count != 2 {
			must("watch second", fmt.Errorf("%d", count))
		}
		must("watch second", nil)
	case <-time.After(5 * time.Second):
		must("watch second", fmt.Errorf("nothing"))
	}
	plan.Stop()
	_, _, err = agent.AgentHealthServiceByID("g1")
	must("agent health", err)
	filtered, err := agent.ServicesWithFilter("Service == g and Port == 81")
	must("filter", err)
	if len(filtered) != 1 {
		must("filter entries", fmt.Errorf("%d", len(filtered)))
	}
	must("maintenance", agent.EnableServiceMaintenance("g2", "x"))
	must("maintenance off", agent.DisableServiceMaintenance("g2"))
	kv := client.KV()
	_, err = kv.Put(&api.KVPair{Key: "a/b", Value: []byte("v"), Flags: 18446744073709551615}, nil)
	must("kv put", err)
	pair, _, err := kv.Get("a/b", nil)
	must("kv get", err)
	if pair == nil || pair.Flags != 18446744073709551615 || string(pair.Value) != "v" {
		must("kv value", fmt.Errorf("%v", pair))
	}
	ok, _, err := kv.CAS(&api.KVPair{Key: "a/b", Value: []byte("w"), ModifyIndex: pair.ModifyIndex}, nil)
	must("kv cas", err)
	if !ok {
		must("kv cas done", fmt.Errorf("refused"))
	}
	keys, _, err := kv.Keys("a/", "", nil)
	must("kv keys", err)
	if len(keys) != 1 {
		must("kv keys entries", fmt.Errorf("%v", keys))
	}
	lock, err := client.LockKey("lock")
	must("lock", err)
	_, err = lock.Lock(nil)
	must("lock taken", err)
	must("unlock", lock.Unlock())
	must("lock destroyed", lock.Destroy())
	_, _, _, err = kv.Txn(api.KVTxnOps{&api.KVTxnOp{Verb: api.KVSet, Key: "t", Value: []byte("x")}}, nil)
	must("txn", err)
	_, err = client.Catalog().Register(&api.CatalogRegistration{Node: "ext", Address: "10.9.9.9",
		Service: &api.AgentService{Service: "db", Port: 5432}}, nil)
	must("catalog register", err)
	nodes, _, err := client.Catalog().Nodes(nil)
	must("catalog nodes", err)
	if len(nodes) != 2 {
		must("catalog nodes entries", fmt.Errorf("%d", len(nodes)))
	}
	_, err = client.Catalog().Deregister(&api.CatalogDeregistration{Node: "ext"}, nil)
	must("catalog deregister", err)
	id, _, err := client.PreparedQuery().Create(&api.PreparedQueryDefinition{Name: "q", Service: api.ServiceQuery{Service: "g"}}, nil)
	must("query", err)
	found, _, err := client.PreparedQuery().Execute("q", nil)
	must("query execute", err)
	if len(found.Nodes) != 2 {
		must("query entries", fmt.Errorf("%d", len(found.Nodes)))
	}
	_, err = client.PreparedQuery().Delete(id, nil)
	must("query delete", err)
	_, err = agent.Self()
	must("self", err)
	_, err = agent.Members(false)
	must("members", err)
	_, err = client.Status().Leader()
	must("leader", err)
	must("deregister", agent.ServiceDeregister("g1"))
	must("deregister another", agent.ServiceDeregister("g2"))
}
`;

const pythonProgram = `import sys, threading, time
import consul

def must(what, so):
    print("ok" if so else "FAILED", what)
    if not so:
        sys.exit(1)

host, port = sys.argv[1].split(":")
c = consul.Consul(host=host, port=int(port))
must("register", c.agent.service.register("p", service_id="p1", port=80, tags=["t"], check=consul.Check.ttl("30s")))
must("pass", c.agent.check.ttl_pass("service:p1", "fine"))
index, nodes = c.health.service("p", passing=True)
must("health", len(nodes) == 1 and int(index) > 0)
def later():
    time.sleep(0.3)
    consul.Consul(host=host, port=int(port)).agent.service.register("p", service_id="p2", port=81)
thread = threading.Thread(target=later)
thread.start()
index, nodes = c.health.service("p", index=index, wait="10s")
thread.join()
must("watch", len(nodes) == 2)
must("services", set(c.agent.services()) == {"p1", "p2"})
must("kv put", c.kv.put("a/b", "v", flags=7))
_, entry = c.kv.get("a/b")
must("kv get", entry["Value"] == b"v" and entry["Flags"] == 7)
_, keys = c.kv.get("a/", keys=True)
must("kv keys", keys == ["a/b"])
_, entries = c.kv.get("a", recurse=True)
must("kv recurse", len(entries) == 1)
must("kv cas", c.kv.put("a/b", "w", cas=entry["ModifyIndex"]))
session = c.session.create(name="s", ttl=15)
must("lock", c.kv.put("lock", "x", acquire=session))
must("unlock", c.kv.put("lock", "x", release=session))
must("session", c.session.renew(session)["ID"] == session)
must("session destroy", c.session.destroy(session))
must("catalog register", c.catalog.register("ext", "10.9.9.9", service={"service": "db", "port": 5432}))
_, services = c.catalog.services()
must("catalog services", "db" in services)
must("catalog deregister", c.catalog.deregister("ext"))
must("kv delete", c.kv.delete("a", recurse=True))
must("leader", c.status.leader() != "")
must("self", c.agent.self()["Config"]["Datacenter"] == "dc1")
must("deregister", c.agent.service.deregister("p1") and c.agent.service.deregister("p2"))
`;

interface Ran {
  readonly code: number | null;
  readonly output: string;
}

function runProgram(command: string, args: readonly string[], cwd: string, env: object): Promise<Ran> {
  return new Promise((done) => {
    const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, timeout: 300_000 });
    let output = '';
    const take = (chunk: Buffer): void => {
      output += chunk.toString('utf8');
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.on('error', (error) => done({ code: -1, output: error.message }));
    child.on('close', (code) => done({ code, output }));
  });
}

interface Client {
  readonly name: string;
  /** @returns the command, or why it cannot be run */
  prepare(folder: string): Promise<{ command: string; args: readonly string[]; env: object } | string>;
}

const go: Client = {
  name: 'Go consul/api',
  async prepare(folder) {
    if (!isInstalled('go')) return 'Go is not installed';
    const cwd = join(folder, 'go');
    mkdirSync(cwd);
    writeFileSync(join(cwd, 'main.go'), goProgram);
    writeFileSync(
      join(cwd, 'go.mod'),
      'module client\n\ngo 1.21\n\nrequire github.com/hashicorp/consul/api v1.32.1\n',
    );
    const env = { GOFLAGS: '-mod=mod', GOTOOLCHAIN: 'local' };
    const built = await runProgram('go', ['build', '-o', 'client', '.'], cwd, env);
    if (built.code !== 0) return `it cannot be built: ${built.output.trim().split('\n').at(-1)}`;
    return { command: join(cwd, 'client'), args: [], env: {} };
  },
};

function python(name: string): Client {
  return {
    name: `Python ${name}`,
    async prepare(folder) {
      if (!isInstalled('python3')) return 'Python is not installed';
      const target = join(folder, name);
      const args = ['-m', 'pip', 'install', '--quiet', '--target', target, name];
      const installed = await runProgram('python3', args, folder, {});
      if (installed.code !== 0) return 'its package cannot be had';
      writeFileSync(join(folder, `${name}.py`), pythonProgram);
      return { command: 'python3', args: [join(folder, `${name}.py`)], env: { PYTHONPATH: target } };
    },
  };
}

export async function run(): Promise<{
  readonly passed: number;
  readonly failed: number;
  readonly lines: readonly string[];
}> {
  const folder = mkdtempSync(join(tmpdir(), 'envoy3-conformance-'));
  const lines: string[] = [];
  let passed = 0;
  let failed = 0;
  try {
    for (const client of [go, python('py-consul'), python('python-consul2')]) {
      const prepared = await client.prepare(folder);
      if (typeof prepared === 'string') {
        lines.push(`${client.name}: left out, ${prepared}`);
        continue;
      }
      const agent = await createDiscovery({ httpPort: 0, dnsPort: 0, node: 'node1' });
      const args = [...prepared.args, `127.0.0.1:${agent.httpPort}`];
      const { code, output } = await runProgram(prepared.command, args, folder, prepared.env);
      await agent.close();
      const steps = output.match(/^ok .*$/gm)?.length ?? 0;
      passed += steps;
      lines.push(`${client.name}: ${steps} steps`);
      if (code !== 0) {
        failed++;
        lines.push(output.trim().split('\n').slice(-8).join(' | '));
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return { passed, failed, lines };
}
