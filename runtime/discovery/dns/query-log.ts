import type { Logger } from '../../common/logger.js';
import { typeName } from '../../network/dns/message.js';
import { parseQuery, questionName } from './query.js';
import type { Transport } from './reply.js';

const words = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED'];

/** One line for each question: who, what, how it was answered and with how many records. */
export function logQueries(logger: Pick<Logger, 'info'>) {
  return (octets: Buffer, reply: Buffer | undefined, from: string, transport: Transport): void => {
    const query = octets.length < 12 ? undefined : parseQuery(octets);
    const asked = query === undefined ? 'unreadable' : `${questionName(octets)}. ${typeName(query.type)}`;
    if (reply === undefined) {
      logger.info(`dns ${from} ${transport} ${asked}: no answer`);
      return;
    }
    const rcode = (reply[3] as number) & 15;
    const answers = reply.readUInt16BE(6);
    const cut = ((reply[2] as number) & 2) !== 0 ? ' truncated' : '';
    logger.info(
      `dns ${from} ${transport} ${asked}: ${words[rcode] ?? rcode} ${answers} answers ${reply.length} octets${cut}`,
    );
  };
}
