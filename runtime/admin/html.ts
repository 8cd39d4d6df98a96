/**
 * The little HTML that the admin server writes.
 */
import type { AdminResponse } from './endpoint.js';

/** @returns the text with nothing left that HTML would take for markup */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

/** @param body markup. @returns a whole page */
export function htmlPage(body: string): AdminResponse {
  return {
    status: 200,
    headers: {
      'content-type': 'text/html; charset=UTF-8',
      // No other page may show this one in a frame and have its buttons pressed there.
      'content-security-policy': "frame-ancestors 'none'",
    },
    body: `<!DOCTYPE html>
<html lang="en">
<head>
<title>Envoy Admin</title>
<style>
body, button { font-family: sans-serif; font-size: medium; }
td { padding: 4px; text-align: left; }
tr:nth-child(even) { background-color: #dddddd; }
form { margin: 0; }
button { background: none; border: none; padding: 0; color: #069; text-decoration: underline; cursor: pointer; }
</style>
</head>
<body>
${body}
</body>
</html>
`,
  };
}
