/**
 * One process for one folder of data. The lock is a file with the number of the process and when it began, so that a
 * lock of a process that is no more, or whose number somebody else has now, is known for what it is.
 */
import { mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** When a process began, in ticks since the machine did; '' where the system does not tell. */
function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name of the program, in parentheses, may have spaces.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function isAlive(pid: number, start: string): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  return start === '' || startOf(pid) === start;
}

/**
 * Takes the folder for this process.
 * @returns a function that gives it back
 * @throws Error when another process has it
 */
export function lockData(folder: string): () => void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const path = join(folder, 'lock');
  const own = `${process.pid} ${startOf(process.pid)}`;
  for (let turn = 0; ; turn++) {
    try {
      writeFileSync(path, own, { flag: 'wx', mode: 0o600 });
      return () => {
        try {
          if (readFileSync(path, 'utf8') === own) unlinkSync(path);
        } catch {
          // Gone already.
        }
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || turn > 2) throw error;
    }
    const [pid = '', start = ''] = readFileSync(path, 'utf8').split(' ');
    if (/^\d+$/.test(pid) && isAlive(Number(pid), start)) {
      throw new Error(`${folder} is in use by process ${pid}`);
    }
    unlinkSync(path);
  }
}
