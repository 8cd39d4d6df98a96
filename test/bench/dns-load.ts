/**
 * Asks one question again and again over UDP: `dns-load.js PORT NAME TYPE EDNS SECONDS`; prints how many were answered.
 * For machines without dnsperf; 128 questions are open at a time, on four sockets.
 */
import { createSocket } from 'node:dgram';
import { encodeMessage } from '../../runtime/network/dns/encode.js';
import { message } from '../../runtime/network/dns/message.js';

const [port = '', name = '', type = 'A', edns = '0', seconds = '1'] = process.argv.slice(2);
const query = encodeMessage(
  message({
    recursionDesired: true,
    questions: [{ name, type: type as 'A' | 'SRV', class: 1 }],
    edns:
      edns === '0'
        ? undefined
        : { udpSize: Number(edns), version: 0, dnssecOk: false, extendedRcode: 0, options: [] },
  }),
);

let answered = 0;
const sockets = Array.from({ length: 4 }, () => {
  const socket = createSocket('udp4');
  socket.connect(Number(port), '127.0.0.1', () => {
    for (let n = 0; n < 32; n++) socket.send(query);
  });
  socket.on('message', () => {
    answered++;
    socket.send(query);
  });
  return socket;
});
setTimeout(() => {
  for (const socket of sockets) socket.close();
  process.stdout.write(`${answered}\n`);
}, Number(seconds) * 1000);
