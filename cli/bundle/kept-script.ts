/**
 * A script with what V8 made of it the last time, in a file beside the package's own: who can write there can change the
 * package as well.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { Script } from 'node:vm';

function read(file: string): Buffer | undefined {
  try {
    return readFileSync(file);
  } catch {
    return undefined;
  }
}

export class KeptScript {
  readonly #script: Script;
  readonly #file: string;
  readonly #isKept: boolean;

  /**
   * @param kept path of the data, without its ending. V8 refuses the data of another V8, but not those of another text of
   * the same length: the name has to tell the text
   */
  constructor(filename: string, text: string, kept: string) {
    this.#file = `${kept}-${process.version}-${process.arch}.v8`;
    const cachedData = read(this.#file);
    this.#script = new Script(text, { filename, ...(cachedData === undefined ? {} : { cachedData }) });
    this.#isKept = cachedData !== undefined && this.#script.cachedDataRejected !== true;
  }

  /** @returns the value of the script */
  run(): unknown {
    return this.#script.runInThisContext();
  }

  /** Writes what V8 has compiled by now, when there was nothing or nothing that fits. Never throws. */
  keep(): void {
    if (this.#isKept) return;
    const temporary = `${this.#file}.${process.pid}.${process.hrtime()[1]}`;
    try {
      writeFileSync(temporary, this.#script.createCachedData());
      renameSync(temporary, this.#file);
    } catch {
      // The package is where nobody may write: it works as well, and slower.
    }
  }
}
