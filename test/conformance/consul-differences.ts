/**
 * Recorded answers of real Consul that ours differ from on purpose. Each kind has its row in `docs/differences.md`.
 */

const decoder = 'the words of Go about its own types; status and field are the same';
const port = 'a port that is none is refused';
const oneNode = 'describes a process, a machine or a cluster of Consul; there is one node here';
const failed = 'headers of a query on a reply that is an error';
const mesh = 'needs the service mesh of Consul: refused in words, with 501';
const oneStore = 'one store: what is deregistered in the catalog is not put back by its agent';

/** By number, method and path of the recorded call. */
export const knownHttpDifferences: Readonly<Record<string, string>> = {
  '0 GET /': 'leads to the page at /ui/',
  '4 GET /ui/': 'there is a page',
  '7 GET /v1/agent/members': oneNode,
  '8 GET /v1/agent/members?wan=1': oneNode,
  '9 GET /v1/agent/host': oneNode,
  '10 GET /v1/agent/metrics': oneNode,
  '16 GET /v1/catalog/service/consul': oneNode,
  '23 GET /v1/operator/autopilot/health': oneNode,
  '34 PUT /v1/agent/service/register': decoder,
  '35 PUT /v1/agent/service/register': port,
  '36 PUT /v1/agent/service/register': port,
  '38 PUT /v1/agent/service/register': decoder,
  '60 PUT /v1/agent/service/register': decoder,
  '146 GET /v1/health/node/node1': 'an interval that there is none of is "", not "0s"',
  '186 GET /v1/catalog/service/web?filter=Bad': failed,
  '187 GET /v1/catalog/node/node1': oneNode,
  '194 GET /v1/catalog/services?dc=dc9': failed,
  '209 GET /v1/catalog/services': 'web pages of others may not ask',
  '296 GET /v1/agent/services?index=5&wait=500ms': oneStore,
  '349 GET /v1/query/nosuch': failed,
  '350 GET /v1/query/q1/execute': 'lists are [], never null',
  '352 GET /v1/query/none/execute': failed,
  '361 GET /v1/connect/ca/roots': mesh,
  '362 GET /v1/snapshot': 'the state is a folder of files here; refused in words, with 501',
  '363 GET /v1/internal/ui/services': 'the interface of another page',
  '364 PUT /v1/agent/join/127.0.0.1:1': oneNode,
  '365 PUT /v1/agent/force-leave/nosuch': oneNode,
  '366 GET /v1/agent/monitor?loglevel=bogus': oneNode,
  '375 GET /v1/agent/checks': oneStore,
};

/** By phase, name or packet, type and transport of the recorded question. */
export const knownDnsDifferences: Readonly<Record<string, string>> = {
  '36 default sp\\032ace.service.consul A udp': 'a name with a space can be asked for',
};
