/**
 * All targets of `envoy3 deploy`.
 */
import type { DeployTarget } from './deploy-target.js';

export const deployTargets: readonly DeployTarget[] = [
  {
    name: 'systemd',
    summary: 'a unit that checks before it reloads',
    needsConfiguration: true,
    runsUnit: true,
    files: [{ path: '{{name}}.service', template: 'systemd/unit.service.hbs' }],
  },
  {
    name: 'ansible',
    summary: 'a role: configuration, unit, reload, wait until it is ready',
    needsConfiguration: true,
    runsUnit: true,
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
  {
    name: 'chef',
    summary: 'a cookbook: a resource that verifies, a recipe that reloads at the end of the run',
    needsConfiguration: true,
    runsUnit: true,
    files: [
      { path: 'envoy3/README.md', template: 'chef/README.md.hbs' },
      { path: 'envoy3/metadata.rb', template: 'chef/metadata.rb.hbs' },
      { path: 'envoy3/kitchen.yml', template: 'chef/kitchen.yml.hbs' },
      { path: 'envoy3/attributes/default.rb', template: 'chef/attributes.rb.hbs' },
      { path: 'envoy3/resources/config.rb', template: 'chef/resource.rb.hbs' },
      { path: 'envoy3/recipes/default.rb', template: 'chef/recipe.rb.hbs' },
      { path: 'envoy3/files/{{config_file}}', template: 'configuration' },
    ],
  },
  {
    name: 'puppet',
    summary: 'a module: one class',
    needsConfiguration: true,
    runsUnit: true,
    files: [
      { path: 'envoy3/README.md', template: 'puppet/README.md.hbs' },
      { path: 'envoy3/metadata.json', template: 'puppet/metadata.json.hbs' },
      { path: 'envoy3/manifests/init.pp', template: 'puppet/init.pp.hbs' },
      { path: 'envoy3/files/{{config_file}}', template: 'configuration' },
      { path: 'envoy3/files/{{name}}.service', template: 'systemd/unit.service.hbs' },
    ],
  },
  {
    name: 'hot-restarter',
    summary: 'real Envoy by epochs where there is no Node: a shell script',
    needsConfiguration: false,
    files: [{ path: 'hot-restarter.sh', template: 'hot-restarter/hot-restarter.sh.hbs', executable: true }],
  },
  {
    name: 'docker',
    summary: 'a Dockerfile and a compose file',
    needsConfiguration: true,
    files: [
      { path: 'Dockerfile', template: 'docker/Dockerfile.hbs' },
      { path: '.dockerignore', template: 'docker/dockerignore.hbs' },
      { path: 'compose.yaml', template: 'docker/compose.yaml.hbs' },
      { path: 'config/{{config_file}}', template: 'configuration' },
      {
        path: 'hot-restarter.sh',
        template: 'hot-restarter/hot-restarter.sh.hbs',
        engine: 'envoy',
        executable: true,
      },
    ],
  },
  {
    name: 'quadlet',
    summary: 'a container as a systemd service, by Podman',
    needsConfiguration: true,
    files: [{ path: '{{name}}.container', template: 'quadlet/container.hbs' }],
  },
  {
    name: 'logrotate',
    summary: 'rotation of the access logs',
    needsConfiguration: true,
    files: [{ path: '{{name}}', template: 'logrotate/logrotate.hbs' }],
  },
  {
    name: 'prometheus',
    summary: 'a scrape configuration, and alerts',
    needsConfiguration: true,
    files: [
      { path: '{{name}}.scrape.yml', template: 'prometheus/scrape.yml.hbs' },
      { path: '{{name}}.rules.yml', template: 'prometheus/rules.yml.hbs' },
    ],
  },
  {
    name: 'consul',
    summary: 'a service definition for each listener',
    needsConfiguration: true,
    needsListeners: true,
    files: [{ path: '{{name}}.json', template: 'consul/services.json.hbs' }],
  },
  {
    name: 'github',
    summary: 'a workflow: findings as SARIF, route tests, build',
    needsConfiguration: false,
    files: [{ path: '.github/workflows/envoy3.yml', template: 'github/workflow.yml.hbs' }],
  },
  {
    name: 'gitlab',
    summary: 'a job: findings as code quality and SARIF, route tests, build',
    needsConfiguration: false,
    files: [{ path: 'envoy3.gitlab-ci.yml', template: 'gitlab/envoy3.gitlab-ci.yml.hbs' }],
  },
  {
    name: 'pre-commit',
    summary: 'a git hook that checks what is about to be committed',
    needsConfiguration: false,
    files: [
      { path: '.pre-commit-config.yaml', template: 'pre-commit/pre-commit-config.yaml.hbs' },
      { path: 'hooks/pre-commit', template: 'pre-commit/hook.sh.hbs', executable: true },
    ],
  },
];
