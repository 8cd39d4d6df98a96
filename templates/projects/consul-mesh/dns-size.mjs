/**
 * `node dns-size.mjs payments`: how many hosts of a service DNS gives in one answer: to a question as of 1987, which takes
 * 512 octets; to one that takes more (EDNS, RFC 6891); and over TCP.
 */
import { createSocket } from 'node:dgram';
import { connect } from 'node:net';
import { readSettings } from './runner/settings.mjs';

const ednsBytes = 1232;
const truncatedBit = 0x0200;
const typeA = 1;

const service = process.argv[2] ?? 'orders';
const { discoveryDns } = readSettings();

/** A question for A records. @param size octets that the answer may have; undefined: without EDNS */
function question(size) {
  const labels = `${service}.service.consul`.split('.');
  const name = Buffer.concat(labels.map((label) => Buffer.from([label.length, ...Buffer.from(label)])));
  const header = Buffer.from([0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, size === undefined ? 0 : 1]);
  const options = size === undefined ? [] : [0, 0, 41, size >> 8, size & 255, 0, 0, 0, 0, 0, 0];
  return Buffer.concat([header, name, Buffer.from([0, 0, typeA, 0, 1, ...options])]);
}

function overUdp(octets) {
  return new Promise((done, fail) => {
    const socket = createSocket('udp4')
      .on('error', fail)
      .on('message', (answer) => {
        socket.close();
        done(answer);
      });
    socket.send(octets, discoveryDns, '127.0.0.1');
  });
}

/** Over TCP the length goes before the message. */
function overTcp(octets) {
  return new Promise((done, fail) => {
    let answer = Buffer.alloc(0);
    const socket = connect(discoveryDns, '127.0.0.1', () => {
      socket.write(Buffer.concat([Buffer.from([octets.length >> 8, octets.length & 255]), octets]));
    });
    socket.on('error', fail).on('data', (part) => {
      answer = Buffer.concat([answer, part]);
      if (answer.length < 2 || answer.length < 2 + answer.readUInt16BE(0)) return;
      socket.destroy();
      done(answer.subarray(2));
    });
  });
}

function say(how, answer) {
  const cut = (answer.readUInt16BE(2) & truncatedBit) !== 0;
  const hosts = answer.readUInt16BE(6);
  process.stdout.write(`${how}: ${hosts} hosts in ${answer.length} octets${cut ? ', cut short' : ''}\n`);
}

say('UDP', await overUdp(question(undefined)));
say('UDP with EDNS', await overUdp(question(ednsBytes)));
say('TCP', await overTcp(question(undefined)));
