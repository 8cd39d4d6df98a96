/**
 * `npm start`: the chat and the proxy before it, until Ctrl-C.
 */
import { runProject } from './runner/run-project.mjs';

const { env } = process;
const port = env.PORT ?? '10000';
const chatPort = env.CHAT_PORT ?? '9090';

await runProject({
  services: [{ name: 'chat', port: chatPort, args: ['services/chat.mjs'], env: { CHAT_PORT: chatPort } }],
  adminPort: env.ADMIN_PORT ?? '9901',
  greeting: `  curl localhost:${port}/
  PORT=${port} node services/client.mjs hello`,
});
