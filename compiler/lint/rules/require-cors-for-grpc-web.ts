import { typeOf } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { managerType } from '../message-names.js';

/**
 * # require-cors-for-grpc-web
 *
 * gRPC-Web is what browsers speak, mostly from a page of another origin. They ask with a preflight first, which only the
 * CORS filter answers.
 *
 * Wrong:
 *
 * ```yaml hcm
 * http_filters:
 * - name: envoy.filters.http.grpc_web
 *   typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb }
 * - name: router
 *   typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * http_filters:
 * - name: envoy.filters.http.grpc_web
 *   typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.grpc_web.v3.GrpcWeb }
 * - name: envoy.filters.http.cors
 *   typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors }
 * - name: router
 *   typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
 * ```
 *
 * Source: Envoy documentation, "gRPC-Web" and "CORS".
 */
export const requireCorsForGrpcWeb: LintRule<'require-cors-for-grpc-web'> = {
  name: 'require-cors-for-grpc-web',
  pack: 'grpc',
  summary: 'gRPC-Web comes with CORS',
  severity: 'off',
  *check(view) {
    for (const manager of view.all(managerType)) {
      const filters = manager.list('http_filters');
      const types = filters.map((filter) => typeOf(filter.value.typed_config));
      const index = types.indexOf('envoy.extensions.filters.http.grpc_web.v3.GrpcWeb');
      if (index < 0 || types.includes('envoy.extensions.filters.http.cors.v3.Cors')) continue;
      yield {
        path: filters[index]?.path ?? manager.path,
        message: 'browsers ask with a CORS preflight before gRPC-Web, and nobody answers it',
        fix: 'add envoy.filters.http.cors',
      };
    }
  },
};
