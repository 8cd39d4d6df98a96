/**
 * `envoy.config.core.v3.HeaderValueOption` as a service sends it: one change of a message's headers.
 */
import type { HeaderList } from '../../../common/header-list.js';
import { getHeader, setHeader } from '../../../common/header-list.js';
import { joinToHeader, responseInlineHeaders } from '../../../common/inline-headers.js';
import { protobufFields } from '../../../common/protobuf.js';

type AppendAction =
  | 'append or add'
  | 'add if absent'
  | 'overwrite or add'
  | 'overwrite if exists'
  /** The older `append: true`. */
  | 'join';

export interface HeaderOption {
  /** Lower case. */
  readonly name: string;
  readonly value: string;
  readonly action: AppendAction;
}

const actions: readonly AppendAction[] = [
  'append or add',
  'add if absent',
  'overwrite or add',
  'overwrite if exists',
];

/** @returns undefined for what could not be a header. @throws ProtobufError */
export function readHeaderOption(message: Buffer): HeaderOption | undefined {
  let name = '';
  let value = '';
  let append: boolean | undefined;
  let action = 0;
  for (const { field, number, octets } of protobufFields(message)) {
    if (field === 1) {
      for (const part of protobufFields(octets)) {
        if (part.field === 1) name = part.octets.toString('latin1').toLowerCase();
        else if ((part.field === 2 || part.field === 3) && part.octets.length > 0) {
          value = part.octets.toString('latin1');
        }
      }
    } else if (field === 2) {
      append = false;
      for (const part of protobufFields(octets)) if (part.field === 1) append = part.number !== 0;
    } else if (field === 3) action = number;
  }
  if (!/^:?[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) || /[\0\r\n]/.test(value)) return undefined;
  if (append !== undefined) return { name, value, action: append ? 'join' : 'overwrite or add' };
  return { name, value, action: actions[action] ?? 'overwrite or add' };
}

/**
 * On a request, as Envoy does it: whatever the action says, the header is replaced; only the older `append: true` joins its
 * value to a line that is there, and adds none.
 */
export function applyToRequestHeaders(headers: HeaderList, { action, name, value }: HeaderOption): void {
  if (action !== 'join') setHeader(headers, name, value);
  else if (getHeader(headers, name) !== undefined) joinToHeader(headers, name, value);
}

const responseOrder: readonly (readonly AppendAction[])[] = [
  ['append or add', 'join'],
  ['overwrite or add'],
  ['add if absent'],
  ['overwrite if exists'],
];

/** On a response the actions mean what they say, one kind after the other. */
export function applyToResponseHeaders(headers: HeaderList, options: readonly HeaderOption[]): void {
  for (const kinds of responseOrder) {
    for (const { action, name, value } of options) {
      if (!kinds.includes(action)) continue;
      const exists = getHeader(headers, name) !== undefined;
      if (action === 'overwrite or add' || (action === 'overwrite if exists' && exists)) {
        setHeader(headers, name, value);
      } else if (action === 'add if absent' ? !exists : action !== 'overwrite if exists') {
        if (responseInlineHeaders.has(name)) joinToHeader(headers, name, value);
        else headers.push(name, value);
      }
    }
  }
}
