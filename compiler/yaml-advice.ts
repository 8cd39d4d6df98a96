/**
 * What is wrong with a text as YAML, in the words of somebody who wants to mend it.
 */

export interface YamlAdvice {
  readonly message: string;
  readonly help?: string;
}

/** The first whose pattern matches the YAML reader's message, or the text. */
const advice: readonly { readonly told: RegExp; readonly text?: RegExp; readonly says: YamlAdvice }[] = [
  {
    told: /^a key must be|^Nested mappings|^Unexpected|^Flow map/,
    text: /\{\{|\{%/,
    says: {
      message: 'this is a template, not YAML',
      help: 'render it first, or write the configuration in TypeScript',
    },
  },
  {
    told: /^Tabs are not allowed as indentation/,
    says: { message: 'a line is indented with a tab', help: 'indent with spaces' },
  },
  {
    told: /^Flow sequence .* end with a \]/,
    says: { message: "a list that was opened with '[' is not closed", help: "add ']'" },
  },
  {
    told: /^Flow map .* end with a \}/,
    says: { message: "an object that was opened with '{' is not closed", help: "add '}'" },
  },
  {
    told: /^merge keys/,
    says: {
      message: "Envoy does not know merge keys ('<<')",
      help: 'repeat the fields, or write the configuration in TypeScript, where ...defaults does it',
    },
  },
  {
    told: /^the document is empty/,
    says: { message: 'there is no configuration in it', help: 'write {} for a bootstrap without anything' },
  },
  {
    told: /^All mapping items must start at the same column/,
    says: {
      message: 'a line is indented more or less than its neighbours',
      help: 'align the keys of one object',
    },
  },
  {
    told: /^Nested mappings are not allowed in compact mappings/,
    says: { message: "a value with ': ' in it looks like an object", help: 'put the value in quotes' },
  },
];

/** @param message what the YAML reader says. @param text the whole file */
export function yamlAdvice(message: string, text: string): YamlAdvice {
  const found = advice.find(
    (one) => one.told.test(message) && (one.text === undefined || one.text.test(text)),
  );
  return found?.says ?? { message };
}
