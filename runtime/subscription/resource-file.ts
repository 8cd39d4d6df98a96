/**
 * The text of a file of resources (`envoy.service.discovery.v3.DiscoveryResponse`) -> its resources, canonical and served,
 * or everything that is wrong with them, with line and column.
 */
import { readMessage, readText } from '../../dsl/api/index.js';
import type { Path } from '../../dsl/api/issue.js';
import type { Fields } from '../common/message-fields.js';
import { messageOf, messagesOf, textOf, typeNameOf } from '../common/message-fields.js';
import { pathText } from '../config/config-loader.js';
import { refuseUnsupported } from '../config/refuse-unsupported.js';
import type { SupportedFields } from '../config/supported-fields.js';
import type { ResourceKind } from './resource-kind.js';
import { resourceTypes } from './resource-kind.js';

/** A file that is not taken. The message has a line per finding, each `file:line:column: path: what`. */
export class ResourceFileError extends Error {
  /** True when there was nothing to judge: it is no YAML, or no JSON. Envoy counts the two apart. */
  readonly isUnreadable: boolean;

  constructor(message: string, isUnreadable = false) {
    super(message);
    this.name = 'ResourceFileError';
    this.isUnreadable = isUnreadable;
  }
}

export interface FileResource {
  /** Without its `@type`. */
  readonly value: Fields;
  /** From the top of the file. */
  readonly path: Path;
}

export interface ResourceFile {
  readonly versionInfo: string;
  readonly resources: readonly FileResource[];
  /** `file:line:column: path: message`, for what is found later. */
  describe(path: Path, message: string): string;
}

const discoveryResponse = 'envoy.service.discovery.v3.DiscoveryResponse';
/** May stand around a resource. */
const wrapper = 'envoy.service.discovery.v3.Resource';

function unwrap(resource: Fields, path: Path): { readonly type: string; readonly found: FileResource } {
  const type = typeNameOf(resource);
  if (type === wrapper) return unwrap(messageOf(resource.resource), [...path, 'resource']);
  const { '@type': _type, ...value } = resource;
  return { type, found: { value, path } };
}

/**
 * @param file its path, for messages; its ending tells YAML from JSON
 * @throws ResourceFileError with all findings
 */
export function readResourceFile(
  text: string,
  file: string,
  kind: ResourceKind,
  supported: SupportedFields,
): ResourceFile {
  if (/\.(?:pb|pb_text|pb_length_delimited|prototxt)$/.test(file)) {
    throw new ResourceFileError(`${file}: Protobuf in binary or text form needs real Envoy`);
  }
  const yaml = readText(text, file);
  if (yaml.errors.length > 0) {
    const lines = yaml.errors.map(({ column, line, message }) => `${file}:${line}:${column}: ${message}`);
    throw new ResourceFileError(lines.join('\n'), true);
  }
  const describe = (path: Path, message: string): string => {
    const { column, line } = yaml.locate(path) ?? { line: 1, column: 1 };
    return `${file}:${line}:${column}: ${path.length === 0 ? '' : `${pathText(path)}: `}${message}`;
  };
  const { issues, value } = readMessage(discoveryResponse, yaml.value);
  if (issues.length > 0) {
    throw new ResourceFileError(issues.map(({ message, path }) => describe(path, message)).join('\n'));
  }
  const response = messageOf(value);
  const wanted = resourceTypes[kind];
  const found = messagesOf(response.resources).map((one, at) => unwrap(one, ['resources', at]));
  const refused = found.flatMap(({ found: { path, value: resource }, type }) => {
    if (type !== wanted) {
      return [{ path, message: `Unexpected resource type ${type}: expected ${wanted}` }];
    }
    return refuseUnsupported(resource, supported, wanted).map((one) => ({
      ...one,
      path: [...path, ...one.path],
    }));
  });
  if (refused.length > 0) {
    throw new ResourceFileError(refused.map(({ message, path }) => describe(path, message)).join('\n'));
  }
  return {
    versionInfo: textOf(response.version_info),
    resources: found.map((one) => one.found),
    describe,
  };
}
