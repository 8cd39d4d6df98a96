/** A configuration with everything that template languages might take for theirs. */
export const hostileTexts = [
  '%REQ(X-ID)% %%',
  "{{ lookup('env', 'HOME') }} {% raw %} {# no #}",
  '<%= `id` %> <%% %>',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: it is a variable of a shell
  '$HOME $$ ${PATH} $(id) `id`',
  'a \'quoted\' "text" \\ #{ruby}',
] as const;

export const exampleYaml = `admin:
  address: { socket_address: { address: 127.0.0.1, port_value: 9901 } }
static_resources:
  listeners:
    - name: web
      address: { socket_address: { address: 0.0.0.0, port_value: 8080 } }
      filter_chains:
        - filters:
            - name: envoy.filters.network.http_connection_manager
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: web
                access_log:
                  - name: envoy.access_loggers.file
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
                      path: /var/log/envoy3/access.log
                route_config:
                  virtual_hosts:
                    - name: all
                      domains: ["*"]
                      routes:
                        - match: { prefix: / }
                          direct_response:
                            status: 200
                            body: { inline_string: ${JSON.stringify(hostileTexts.join('\n'))} }
                http_filters:
                  - name: envoy.filters.http.router
                    typed_config: { "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router }
`;
