/**
 * E3036: files, folders and variables that the configuration names and this machine does not have, and file-based xDS that
 * Envoy could not read. Only with `--with-files`.
 */
import type { Path } from '../../dsl/api/index.js';
import { readMessage, readText } from '../../dsl/api/index.js';
import type { BootstrapView, Message } from './bootstrap-view.js';
import { isSet, textAt } from './bootstrap-view.js';
import type { Finding } from './finding.js';
import type { Machine } from './machine.js';

function finding(path: Path, message: string, fix: string): Finding {
  return { code: 'E3036', severity: 'error', path, message, fix };
}

function* file(holder: Message, field: string, machine: Machine): Generator<Finding> {
  const path = textAt(holder.value[field]);
  if (path === '') return;
  const found = machine.read(path);
  if (found === undefined) {
    yield finding(
      [...holder.path, field],
      `there is no file '${path}' here that can be read`,
      'put it there',
    );
  } else if (found === 'folder') {
    yield finding([...holder.path, field], `'${path}' is a folder`, 'name a file');
  }
}

function* variables(view: BootstrapView, machine: Machine): Generator<Finding> {
  for (const source of view.all('envoy.config.core.v3.DataSource')) {
    const name = source.value.environment_variable;
    if (!isSet(name) || machine.env[textAt(name)] !== undefined) continue;
    const message = `the environment has no variable '${textAt(name)}'`;
    yield finding([...source.path, 'environment_variable'], message, 'set it');
  }
}

const tlsCertificate = 'envoy.extensions.transport_sockets.tls.v3.TlsCertificate';
const tlsValidation = 'envoy.extensions.transport_sockets.tls.v3.CertificateValidationContext';

function* folders(view: BootstrapView, machine: Machine): Generator<Finding> {
  for (const watched of view.all('envoy.config.core.v3.WatchedDirectory')) {
    const path = textAt(watched.value.path);
    if (path === '' || machine.read(path) === 'folder') continue;
    // A folder is watched for a file in it; the files of TLS contexts that stand in the configuration are not followed.
    const isTls = watched.within(tlsCertificate) ?? watched.within(tlsValidation);
    if (isTls !== undefined || !isSet(watched.parent?.value.filename)) continue;
    yield finding([...watched.path, 'path'], `there is no folder '${path}' here`, 'make it');
  }
}

/** Resources in a file, in YAML or JSON; protobuf in its own forms is not looked into. */
function* resources(source: Message, path: string, machine: Machine): Generator<Finding> {
  const octets = machine.read(path);
  if (octets === undefined || octets === 'folder' || !/\.(?:ya?ml|json)$/.test(path)) return;
  const yaml = readText(octets.toString('utf8'), path);
  const [error] = yaml.errors;
  const at = source.path;
  if (error !== undefined) {
    yield finding(at, `${path}:${error.line}:${error.column}: ${error.message}`, 'correct the file');
    return;
  }
  const read = readMessage('envoy.service.discovery.v3.DiscoveryResponse', yaml.value);
  for (const issue of read.issues) {
    const { column, line } = yaml.locate(issue.path) ?? { line: 1, column: 1 };
    const field = issue.class === 'pgv' ? `${issue.path.at(-1)} ` : '';
    const message = `${path}:${line}:${column}: ${field}${issue.message}`;
    yield finding(at, message, issue.fix ?? 'correct the file');
  }
}

function* dynamicSources(view: BootstrapView, machine: Machine): Generator<Finding> {
  for (const source of view.all('envoy.config.core.v3.PathConfigSource')) {
    yield* file(source, 'path', machine);
    yield* resources(source, textAt(source.value.path), machine);
  }
  for (const source of view.all('envoy.config.core.v3.ConfigSource')) {
    yield* file(source, 'path', machine);
    yield* resources(source, textAt(source.value.path), machine);
  }
}

/** Regions of the AWS filters, which may come from the environment or the files of AWS. */
function* regions(view: BootstrapView, { env }: Machine): Generator<Finding> {
  for (const signing of view.all('envoy.extensions.filters.http.aws_request_signing.v3.AwsRequestSigning')) {
    const names = [
      'AWS_REGION',
      'AWS_DEFAULT_REGION',
      'AWS_SIGV4A_SIGNING_REGION_SET',
      'AWS_PROFILE',
      'AWS_CONFIG_FILE',
      'AWS_SHARED_CREDENTIALS_FILE',
    ];
    if (textAt(signing.value.region) !== '' || names.some((name) => isSet(env[name]))) continue;
    yield finding(
      signing.path,
      'neither the filter nor the environment names a region',
      'set region, or AWS_REGION',
    );
  }
}

/** Paths that are plain texts: descriptors of gRPC services. */
const descriptors: readonly (readonly [type: string, field: string])[] = [
  ['envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder', 'proto_descriptor'],
  [
    'envoy.extensions.filters.http.grpc_json_reverse_transcoder.v3.GrpcJsonReverseTranscoder',
    'descriptor_path',
  ],
];

/** Whether octets begin as a FileDescriptorSet does: with a file, whose first field is its name. */
function isDescriptorSet(octets: Buffer): boolean {
  if (octets.length === 0 || octets[0] !== 0x0a) return false;
  let at = 1;
  while (at < octets.length && (octets[at] ?? 0) >= 0x80) at++;
  return octets[at + 1] === 0x0a;
}

function* protosets(view: BootstrapView, machine: Machine): Generator<Finding> {
  for (const [type, field] of descriptors) {
    for (const holder of view.all(type)) {
      yield* file(holder, field, machine);
      const path = textAt(holder.value[field]);
      const octets = path === '' ? undefined : machine.read(path);
      if (octets === undefined || octets === 'folder' || isDescriptorSet(octets)) continue;
      const message = `'${path}' is no set of descriptors`;
      yield finding(
        [...holder.path, field],
        message,
        'make it with protoc --include_imports --descriptor_set_out',
      );
    }
  }
}

export function* machineFiles(view: BootstrapView): Generator<Finding> {
  const { machine } = view;
  if (machine === undefined) return;
  for (const source of view.all('envoy.config.core.v3.DataSource')) {
    // Envoy starts without the credentials of AWS, and signs nothing until they are there.
    const later = source.parent?.type.startsWith('envoy.extensions.common.aws.') === true;
    for (const found of file(source, 'filename', machine)) {
      yield later ? { ...found, severity: 'warning' } : found;
    }
  }
  yield* variables(view, machine);
  yield* folders(view, machine);
  yield* dynamicSources(view, machine);
  yield* protosets(view, machine);
  yield* regions(view, machine);
}
