/**
 * Cluster names in the type system: a route to a name carries the name in its type up to `bootstrap`, which knows the
 * clusters. Nothing of it exists at run time.
 */
import type { Cluster, FilterChain, Listener, NetworkFilter, Route, VirtualHost } from '../types.js';

declare const references: unique symbol;

/** A `T` that names these clusters. A plain `T` fits too. */
export type Naming<T, Names extends string> = T & { readonly [references]?: Names };

export type NamedCluster<Name extends string> = Cluster & { readonly name: Name };
export type RouteTo<Names extends string> = Naming<Route, Names>;
export type VirtualHostOf<Names extends string> = Naming<VirtualHost, Names>;
export type NetworkFilterOf<Names extends string> = Naming<NetworkFilter, Names>;
export type FilterChainOf<Names extends string> = Naming<FilterChain, Names>;
export type ListenerOf<Names extends string> = Naming<Listener, Names>;
