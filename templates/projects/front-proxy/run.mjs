/**
 * `npm start`: discovery, the services with their proxies, and the front proxy, until Ctrl-C.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { projectFolder } from './runner/envoy3-package.mjs';
import { FrontProxy, say } from './runner/front-proxy.mjs';
import { portProblems } from './runner/ports.mjs';
import { readSettings } from './runner/settings.mjs';

function greeting({ http, https, admin, discoveryHttp, discoveryDns }) {
  return `
  curl localhost:${http}/service/1
  curl localhost:${http}/service/2
  curl -k https://localhost:${https}/service/1
  curl localhost:${admin}/server_info
  curl localhost:${discoveryHttp}/v1/health/service/service1?passing
  dig @127.0.0.1 -p ${discoveryDns} service1.service.consul

  node ${join(projectFolder, 'scale.mjs')} service1 5

  Edit ${join(projectFolder, 'envoy3.config.ts')}: it is compiled and loaded at once.
  Ctrl-C ends all of it.

`;
}

/** A signal for npm ends npm and its shell, and is told to nobody else: the parent being gone is all that is seen of it. */
function onNpmEnd(callback) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    callback();
  }, 200);
  timer.unref();
}

/** Runs until a signal. @returns the exit code */
export async function main() {
  const settings = readSettings();
  const problems = await portProblems(settings);
  for (const problem of problems) say(problem);
  if (problems.length > 0) return 1;
  const frontProxy = new FrontProxy(settings);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => frontProxy.end(0));
  onNpmEnd(() => frontProxy.end(0));
  return frontProxy.run(() => process.stdout.write(greeting(settings)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exit(await main());
