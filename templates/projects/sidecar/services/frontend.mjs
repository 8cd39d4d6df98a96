/**
 * The frontend: asks the sidecar once and says what it got.
 */
const port = process.env.SIDECAR_PORT ?? '10000';
try {
  const answer = await fetch(`http://localhost:${port}/`);
  process.stdout.write(`Frontend received: ${await answer.text()}`);
} catch (error) {
  process.stdout.write(`Frontend failed to connect: ${error.message}\n`);
  process.exitCode = 1;
}
