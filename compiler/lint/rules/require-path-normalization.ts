import { textAt, typeOf } from '../../check/bootstrap-view.js';
import type { LintRule } from '../lint-rule.js';
import { openManagers } from '../open-addresses.js';

const deciders = /\.http\.(?:rbac|jwt_authn|ext_authz|oauth2|api_key_auth|basic_auth|lua|wasm|ext_proc)\./;

/**
 * # require-path-normalization
 *
 * `/public/../admin`, `//admin` and `/public/..%2fadmin` reach the backend as `/admin`, yet match rules for `/public`.
 * Where a filter decides by the path (RBAC, JWT, external authorisation), paths have to be normalised first.
 *
 * Wrong:
 *
 * ```yaml hcm
 * http_filters:
 * - name: rbac
 *   typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC }
 * - name: router
 *   typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
 * ```
 *
 * Right:
 *
 * ```yaml hcm
 * normalize_path: true
 * merge_slashes: true
 * path_with_escaped_slashes_action: UNESCAPE_AND_REDIRECT
 * http_filters:
 * - name: rbac
 *   typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC }
 * - name: router
 *   typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
 * ```
 *
 * Source: Envoy documentation, "Configuring Envoy as an edge proxy"; CVE-2019-9901, CVE-2021-29492.
 */
export const requirePathNormalization: LintRule<'require-path-normalization'> = {
  name: 'require-path-normalization',
  pack: 'edge',
  summary: 'paths are normalised before anything decides by them',
  severity: 'off',
  *check(view) {
    for (const manager of openManagers(view)) {
      const decides = manager
        .list('http_filters')
        .some((one) => deciders.test(typeOf(one.value.typed_config)));
      if (!decides) continue;
      const action = textAt(manager.value.path_with_escaped_slashes_action);
      const missing = [
        ...(manager.value.normalize_path === true ? [] : ['normalize_path: true']),
        ...(manager.value.merge_slashes === true ? [] : ['merge_slashes: true']),
        ...(action === '' || action === 'KEEP_UNCHANGED' || action === 'IMPLEMENTATION_SPECIFIC_DEFAULT'
          ? ['path_with_escaped_slashes_action: UNESCAPE_AND_REDIRECT']
          : []),
      ];
      if (missing.length === 0) continue;
      yield {
        path: manager.path,
        message:
          'filters decide by paths that are not normalised: other spellings of a path pass by their rules',
        fix: `set ${missing.join(', ')}`,
      };
    }
  },
};
