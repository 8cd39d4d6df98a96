/**
 * Writes the fields of a head as text. What a name needs is looked up once: its line up to the value, in either spelling,
 * and whether the codec has the say over it.
 *
 * No head can be split here: a value is written only when each of its characters may stand in one.
 */
import { properCase } from './header-names.js';

const PLAIN = 0;
/** Framing and hop-by-hop fields are the codec's own business. */
const DROPPED = 1;
const LENGTH = 2;
/** `connection` and `upgrade`: written as they stand for an upgrade, else acted on and dropped. */
const HOP = 3;

interface NameEntry {
  /** `\r\nname: ` */
  readonly lower: string;
  /** `\r\nName: ` */
  readonly proper: string;
  readonly kind: number;
}

const kinds: Readonly<Record<string, number>> = {
  'content-length': LENGTH,
  connection: HOP,
  upgrade: HOP,
  'transfer-encoding': DROPPED,
  'keep-alive': DROPPED,
  'proxy-connection': DROPPED,
};

const entries = new Map<string, NameEntry>();
const maxEntries = 4096;

/** What may not stand in a name, a value; above 0xff no character is one octet. */
const badName = /[^!#$%&'*+\-.^_`|~0-9A-Za-z]/;
const badValue = /[^\t\x20-\x7e\x80-\xff]/;

function entryOf(name: string): NameEntry {
  return entries.get(name) ?? newEntry(name);
}

function newEntry(name: string): NameEntry {
  const legal = name !== '' && !badName.test(name);
  const entry = {
    lower: `\r\n${name}: `,
    proper: `\r\n${properCase(name)}: `,
    kind: legal ? (kinds[name.toLowerCase()] ?? PLAIN) : DROPPED,
  };
  if (entries.size < maxEntries) entries.set(name, entry);
  return entry;
}

/** A value that may be written: text beyond latin1 as UTF-8, control characters out. */
function repaired(value: string): string {
  const octets = /[^\x00-\xff]/.test(value) ? Buffer.from(value, 'utf8').toString('latin1') : value;
  return octets.replace(/[^\t\x20-\x7e\x80-\xff]/g, '');
}

export class HeadWriter {
  private readonly properCaseWords: boolean;
  /** Of the last `fields`: the values of these, `''` when absent. */
  contentLength = '';
  connection = '';

  constructor(properCaseWords: boolean) {
    this.properCaseWords = properCaseWords;
  }

  /**
   * The lines of a list, each led by a line end, so that they follow a first line without one.
   * @param upgrading keeps `connection` and `upgrade`
   * @param withoutLength leaves `content-length` out
   */
  fields(headers: readonly string[], upgrading: boolean, withoutLength: boolean): string {
    const { properCaseWords } = this;
    this.contentLength = '';
    this.connection = '';
    let text = '';
    for (let at = 0; at < headers.length; at += 2) {
      const entry = entryOf(headers[at] as string);
      let value = headers[at + 1] as string;
      if (badValue.test(value)) value = repaired(value);
      if (entry.kind !== PLAIN && !this.special(entry, value, upgrading, withoutLength)) continue;
      text += (properCaseWords ? entry.proper : entry.lower) + value;
    }
    return text;
  }

  /** One line of the codec's own. @param name lower case and legal */
  line(name: string, value: string): string {
    const entry = entryOf(name);
    return (this.properCaseWords ? entry.proper : entry.lower) + value;
  }

  private special(entry: NameEntry, value: string, upgrading: boolean, withoutLength: boolean): boolean {
    if (entry.kind === LENGTH) {
      // A second one could contradict the first.
      if (withoutLength || this.contentLength !== '') return false;
      this.contentLength = value;
      return true;
    }
    if (entry.kind !== HOP) return false;
    if (entry.lower === '\r\nconnection: ') this.connection = value;
    return upgrading;
  }
}
