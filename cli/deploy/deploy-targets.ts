/**
 * All targets of `envoy3 deploy`.
 */
import type { DeployTarget } from './deploy-target.js';

export const deployTargets: readonly DeployTarget[] = [
  {
    name: 'systemd',
    summary: 'a unit that checks before it reloads',
    needsConfiguration: true,
    files: [{ path: '{{name}}.service', template: 'systemd/unit.service.hbs' }],
  },
  {
    name: 'ansible',
    summary: 'a role: configuration, unit, reload, wait until it is ready',
    needsConfiguration: true,
    files: [
      { path: 'envoy3/README.md', template: 'ansible/README.md.hbs' },
      { path: 'envoy3/defaults/main.yml', template: 'ansible/defaults.yml.hbs' },
      { path: 'envoy3/meta/main.yml', template: 'ansible/meta.yml.hbs' },
      { path: 'envoy3/meta/argument_specs.yml', template: 'ansible/argument-specs.yml.hbs' },
      { path: 'envoy3/tasks/main.yml', template: 'ansible/tasks.yml.hbs' },
      { path: 'envoy3/handlers/main.yml', template: 'ansible/handlers.yml.hbs' },
      { path: 'envoy3/files/{{config_file}}', template: 'configuration' },
      { path: 'envoy3/files/{{name}}.service', template: 'systemd/unit.service.hbs' },
    ],
  },
];
