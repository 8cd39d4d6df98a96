/**
 * An authorization service over HTTP: a request passes when it answers by a 200.
 */
import type { Clock } from '../../../common/clock.js';
import type { HeaderList } from '../../../common/header-list.js';
import { removeHeader, setHeader } from '../../../common/header-list.js';
import { joinToHeader, requestInlineHeaders } from '../../../common/inline-headers.js';
import type { HttpAnswer } from '../../../upstream/async-http-call.js';
import { AsyncHttpCall } from '../../../upstream/async-http-call.js';
import type { ClusterManager } from '../../../upstream/cluster/cluster.js';
import type { AuthorizationService, Verdict } from './authorization-service.js';
import { noAnswer } from './authorization-service.js';
import type { AuthorizationHttpService } from './compile-http-service.js';
import { headersToRemove } from './compile-http-service.js';

function appendHeader(headers: HeaderList, name: string, value: string): void {
  if (requestInlineHeaders.has(name)) joinToHeader(headers, name, value);
  else headers.push(name, value);
}

function allowed(service: AuthorizationHttpService, answer: HeaderList): Verdict {
  const metadata: Record<string, unknown> = {};
  const forClient: HeaderList = [];
  for (let at = 0; at < answer.length; at += 2) {
    const name = answer[at] as string;
    const value = answer[at + 1] as string;
    if (service.clientHeadersOnSuccess(name)) forClient.push(name, value);
    if (service.metadataHeaders(name)) metadata[name] = value;
  }
  return {
    kind: 'allow',
    metadata: Object.keys(metadata).length > 0 ? metadata : undefined,
    changesRoute: true,
    changeRequest({ headers }) {
      for (const name of headersToRemove(answer)) removeHeader(headers, name);
      for (let at = 0; at < answer.length; at += 2) {
        const name = answer[at] as string;
        const value = answer[at + 1] as string;
        if (service.upstreamHeaders(name)) setHeader(headers, name, value);
        if (service.upstreamHeadersToAppend(name)) appendHeader(headers, name, value);
      }
    },
    changeResponse:
      forClient.length === 0
        ? undefined
        : (headers) => {
            for (const text of forClient) headers.push(text);
          },
  };
}

function denied(service: AuthorizationHttpService, { body, headers, status }: HttpAnswer): Verdict {
  const returned: HeaderList = [];
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] as string;
    if (service.clientHeaders(name)) returned.push(name, headers[at + 1] as string);
  }
  return { kind: 'deny', status, body, headers: returned, metadata: undefined };
}

export function createHttpAuthorization(
  service: AuthorizationHttpService,
  { clock, clusters }: { readonly clock: Clock; readonly clusters: ClusterManager },
): AuthorizationService {
  return {
    check({ body, hasBody, head, isPartial }, done) {
      const cluster = clusters.get(service.cluster);
      if (cluster === undefined) {
        done(noAnswer);
        return { cancel: () => undefined };
      }
      const request = service.request(head, body);
      if (hasBody) request.headers.push('x-envoy-auth-partial-body', String(isPartial));
      const call = new AsyncHttpCall(cluster, request, body, (answer) => {
        if (answer === undefined || answer.status >= 500) done(noAnswer);
        else if (answer.status === 200) done(allowed(service, answer.headers));
        else done(denied(service, answer));
      });
      call.start(clock, service.timeoutMs);
      return call;
    },
  };
}
