/**
 * The world that configuration modules see: the language without clock, randomness, network, files and environment. Equal
 * inputs give equal bytes, on every machine and at every time.
 */
import { createContext, runInContext } from 'node:vm';
import { oneWorld } from './one-world.js';

/** An error that is told by its code, not as an exception of the user's. */
export class SandboxError extends Error {
  readonly code: string;
  readonly help: string;
  constructor(code: string, message: string, help: string) {
    super(message);
    this.name = 'SandboxError';
    this.code = code;
    this.help = help;
  }
}

function refuse(what: string, help: string): never {
  throw new SandboxError('E2004', `${what} is not available to a configuration`, help);
}

const clockHelp = "a configuration gives the same result at every time; hand a time in with env('NAME')";
const randomHelp = "a configuration gives the same result in every run; hand a value in with env('NAME')";

const formatHelp = 'how a date is written for people depends on the release of Node; use toISOString()';

/** Globals of Node and of browsers that people reach for, and what to use instead. */
const refused: Readonly<Record<string, string>> = {
  process: "read the environment with env('NAME', 'default') from 'envoy3'",
  require: 'use import',
  fetch:
    "a configuration does not use the network; put the answer into a file and read it with readFile() from 'envoy3'",
  XMLHttpRequest: 'a configuration does not use the network',
  WebSocket: 'a configuration does not use the network',
  setTimeout: clockHelp,
  setInterval: clockHelp,
  setImmediate: clockHelp,
  queueMicrotask: 'use await',
  performance: clockHelp,
  crypto: randomHelp,
  Buffer: 'use strings',
};

/** Runs inside the context, where `Date` and `Math` are the context's own. */
const seal = `(refuseClock, refuseRandom, refuseFormat) => {
  const { given: utc, parse } = (${oneWorld})(refuseFormat);
  const RealDate = Date;
  const HermeticDate = function (...given) {
    if (given.length === 0 || new.target === undefined) refuseClock(new.target === undefined ? 'Date()' : 'new Date()');
    return Reflect.construct(RealDate, utc(given), new.target);
  };
  HermeticDate.prototype = RealDate.prototype;
  HermeticDate.UTC = RealDate.UTC;
  HermeticDate.parse = (text) => parse(String(text));
  HermeticDate.now = () => refuseClock('Date.now()');
  RealDate.prototype.constructor = HermeticDate;
  globalThis.Date = HermeticDate;
  Math.random = () => refuseRandom('Math.random()');
  // Buffers lie outside of the heap, whose limit does not hold for them.
  let left = 256 * 1024 * 1024;
  const limited = (Type, size) => new Proxy(Type, {
    construct(target, given, newTarget) {
      const wanted = typeof given[0] === 'number' ? given[0] * size : 0;
      if (wanted > left) throw new RangeError('a configuration may have 256 MiB of buffers');
      left -= Math.max(0, wanted);
      return Reflect.construct(target, given, newTarget);
    },
  });
  for (const name of ['ArrayBuffer', 'SharedArrayBuffer', 'Uint8Array', 'Int8Array', 'Uint8ClampedArray', 'Uint16Array',
    'Int16Array', 'Uint32Array', 'Int32Array', 'Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array']) {
    const Type = globalThis[name];
    if (Type === undefined) continue;
    globalThis[name] = limited(Type, Type.BYTES_PER_ELEMENT ?? 1);
    Type.prototype.constructor = globalThis[name];
  }
}`;

export function createSandbox(print: (text: string) => void): object {
  const line = (...values: unknown[]) =>
    print(
      `${values.map((value) => (typeof value === 'string' ? value : JSON.stringify(value))).join(' ')}\n`,
    );
  const globals: Record<string, unknown> = { console: { log: line, info: line, warn: line, error: line } };
  for (const [name, help] of Object.entries(refused)) {
    Object.defineProperty(globals, name, { get: () => refuse(name, help), configurable: true });
  }
  const context = createContext(globals, { codeGeneration: { strings: true, wasm: false } });
  const sealer = runInContext(seal, context) as (
    clock: (what: string) => never,
    random: (what: string) => never,
    format: (what: string) => never,
  ) => void;
  sealer(
    (what) => refuse(what, clockHelp),
    (what) => refuse(what, randomHelp),
    (what) => refuse(what, formatHelp),
  );
  return context;
}
