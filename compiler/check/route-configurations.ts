/**
 * The route configurations that stand in the file and that Envoy builds when it starts.
 */
import type { BootstrapView, Message } from './bootstrap-view.js';

/** Inline ones of HTTP connection managers and of scoped routes. */
export function routeConfigurations(view: BootstrapView): readonly Message[] {
  return view.all('envoy.config.route.v3.RouteConfiguration');
}

export interface RouteInHost {
  readonly route: Message;
  readonly host: Message;
  readonly configuration: Message;
}

/** Routes of the plain lists. Routes under a virtual host's `matcher` are not validated in the same way. */
export function* routesOf(configuration: Message): Generator<RouteInHost> {
  for (const host of configuration.list('virtual_hosts')) {
    for (const route of host.list('routes')) yield { route, host, configuration };
  }
}
