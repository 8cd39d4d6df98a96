/**
 * Finds h2spec, the conformance suite of HTTP/2: `H2SPEC_BIN`, else built once by Go from its module into the project's
 * ignored cache folder.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { root, run } from './build.mjs';

const release = 'v2.2.1+incompatible';

/** @returns the path of the binary, or undefined (with the reason on stderr) when it cannot be had. */
export async function findH2spec() {
  if (process.env.H2SPEC_BIN) return process.env.H2SPEC_BIN;
  const folder = join(root, '.cache', 'h2spec');
  const binary = join(folder, 'h2spec');
  if (existsSync(binary)) return binary;
  const go = existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : 'go';
  process.stderr.write('envoy3: building h2spec into .cache ...\n');
  process.env.GOBIN = folder;
  const target = `github.com/summerwind/h2spec/cmd/h2spec@${release}`;
  const code = await run(go, ['install', target]).catch(() => 127);
  if (code === 0 && existsSync(binary)) return binary;
  process.stderr.write('envoy3: h2spec could not be built (it needs Go); set H2SPEC_BIN to a binary of it\n');
  return undefined;
}
