import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fieldsOf } from '../../../dsl/api/describe-message.js';
import { accessLogSupportedFields } from '../../../runtime/access-log/supported-fields.js';
import { routeSupportedFields } from '../../../runtime/route/supported-fields.js';

for (const [name, supported] of Object.entries({ routeSupportedFields, accessLogSupportedFields })) {
  test(`${name} names messages and fields that the API has`, () => {
    const unknown = Object.entries(supported).flatMap(([message, fields]) =>
      Object.keys(fields)
        .filter((field) => fieldsOf(message)?.has(field) !== true)
        .map((field) => `${message}.${field}`),
    );
    assert.equal(unknown, []);
  });
}

test('what is not built is not listed', () => {
  const refused = {
    'envoy.config.route.v3.RouteAction': ['internal_redirect_policy'],
    'envoy.config.route.v3.RouteMatch': [
      'connect_matcher',
      'path_match_policy',
      'filter_state',
      'dynamic_metadata',
    ],
    'envoy.config.accesslog.v3.AccessLogFilter': ['extension_filter'],
  };
  for (const [message, fields] of Object.entries(refused)) {
    const supported = { ...routeSupportedFields, ...accessLogSupportedFields }[message] ?? {};
    assert.equal(
      fields.filter((field) => field in supported),
      [],
    );
  }
});

test.run();
