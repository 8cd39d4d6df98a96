/**
 * The part of grpcurl that the README uses, for machines that have none:
 *
 *     node clients/grpcurl.mjs [-cacert FILE] [-cert FILE -key FILE] [-protoset FILE] [-d JSON] [HOST:PORT] [list|describe] [SYMBOL]
 *
 * All that it knows of the API comes from the protoset.
 */
import { readFileSync } from 'node:fs';
import { loadLibrary } from '../runner/load-library.mjs';
import { descriptorSet, types } from '../services/descriptor.mjs';
import { decode, encode } from '../services/protobuf.mjs';
import { failureText } from './grpc-channel.mjs';

const { credentials, makeGenericClientConstructor } = (await loadLibrary('@grpc/grpc-js')).default;

const flags = {};
const words = [];
const args = process.argv.slice(2);
while (args.length > 0) {
  const [word] = args.splice(0, 1);
  if (word.startsWith('-')) flags[word.replace(/^--?/, '')] = args.shift();
  else words.push(word);
}
const file = (name) => (flags[name] === undefined ? undefined : readFileSync(flags[name]));

const files = decode(descriptorSet, readFileSync(flags.protoset)).file;
const named = (kind) =>
  new Map(files.flatMap((one) => one[kind].map((what) => [`${one.package}.${what.name}`, what])));
const services = named('service');
const messages = named('messageType');

/** `.edge.v1.PingRequest` -> what `encode` and `decode` need. */
function fieldsOf(typeName) {
  const kinds = Object.entries(types);
  return Object.fromEntries(
    messages.get(typeName.slice(1)).field.map(({ jsonName, number, type }) => {
      return [jsonName, { number, type: kinds.find(([, one]) => one === type)[0] }];
    }),
  );
}

function describe(name) {
  const stream = (is) => (is ? 'stream ' : '');
  const methods = services
    .get(name)
    .method.map(
      ({ name: method, inputType, outputType, clientStreaming, serverStreaming }) =>
        `  rpc ${method} ( ${stream(clientStreaming)}${inputType} ) returns ( ${stream(serverStreaming)}${outputType} );\n`,
    );
  return `${name} is a service:\nservice ${name.split('.').at(-1)} {\n${methods.join('')}}\n`;
}

function call(address, symbol) {
  const [service, method] = symbol.split('/');
  const { inputType, outputType } = services.get(service).method.find(({ name }) => name === method);
  const definition = {
    path: `/${symbol}`,
    requestStream: false,
    responseStream: false,
    requestSerialize: (message) => encode(fieldsOf(inputType), message),
    responseDeserialize: (octets) => decode(fieldsOf(outputType), octets),
  };
  const Client = makeGenericClientConstructor({ call: definition }, service);
  const client = new Client(address, credentials.createSsl(file('cacert'), file('key'), file('cert')));
  return new Promise((done, fail) => {
    client.call(JSON.parse(flags.d ?? '{}'), { deadline: Date.now() + 10_000 }, (error, answer) => {
      client.close();
      if (error) fail(error);
      else done(`${JSON.stringify(answer, undefined, 2)}\n`);
    });
  });
}

try {
  const verb = words.findIndex((word) => word === 'list' || word === 'describe');
  const symbol = words.at(-1);
  if (verb < 0) process.stdout.write(await call(words[0], symbol));
  else if (words[verb] === 'describe') process.stdout.write(describe(symbol));
  else process.stdout.write([...services.keys()].map((name) => `${name}\n`).join(''));
} catch (error) {
  process.stderr.write(`${failureText(error)}\n`);
  process.exit(1);
}
