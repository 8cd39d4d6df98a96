/**
 * What each service of this mesh offers:
 *
 *     package mesh;
 *     message HelloRequest { string name = 1; }
 *     message HelloReply { string message = 1; string instance = 2; string attempt = 3; }
 *     service Greeter {
 *       rpc Hello(HelloRequest) returns (HelloReply);
 *       rpc Greetings(HelloRequest) returns (stream HelloReply);
 *     }
 */
import { textMessage } from './messages.mjs';

const request = textMessage('name');
const reply = textMessage('message', 'instance', 'attempt');

function method(name, responseStream) {
  return {
    path: `/mesh.Greeter/${name}`,
    requestStream: false,
    responseStream,
    requestSerialize: request.serialize,
    requestDeserialize: request.deserialize,
    responseSerialize: reply.serialize,
    responseDeserialize: reply.deserialize,
  };
}

export const greeter = { hello: method('Hello', false), greetings: method('Greetings', true) };

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

/**
 * The service of one instance. Callers may ask for trouble, in metadata: `slow-ms`, how long it thinks; `fail-tries`, how
 * many tries of a call fail.
 * @param grpc the package @grpc/grpc-js
 */
export function serveGreeter(grpc, instance) {
  const answer = async ({ metadata, request: { name } }) => {
    const number = (key) => Number(metadata.get(key)[0] ?? 0);
    const attempt = metadata.get('x-envoy-attempt-count')[0] ?? '1';
    await pause(number('slow-ms'));
    if (Number(attempt) > number('fail-tries')) return { message: `Hello ${name}`, instance, attempt };
    throw Object.assign(new Error(`try ${attempt} fails`), { code: grpc.status.UNAVAILABLE });
  };
  return {
    hello: (call, done) => void answer(call).then((one) => done(null, one), done),
    greetings: (call) =>
      void answer(call).then(
        (one) => {
          for (let turn = 0; turn < 3; turn++) call.write(one);
          call.end();
        },
        (error) => call.emit('error', error),
      ),
  };
}
