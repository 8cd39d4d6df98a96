/**
 * Inside the worker: settings as data, and the lint rules that they bring with them.
 */
import type { LintView, RuleDefinition, RuleFinding, Settings } from '../../dsl/index.js';
import { BootstrapView } from '../check/bootstrap-view.js';
import type { Finding } from '../check/finding.js';
import type { EvaluateFailure, EvaluateReply, EvaluateRequest } from './messages.js';
import { toPlainValue } from './plain-value.js';

function failed(message: string, help: string): EvaluateReply {
  return { failures: [{ code: 'E2008', message, help }], inputs: [] };
}

/** Rules without their functions. */
function plainSettings({ lint, target }: Settings): EvaluateReply {
  const own = (lint?.own ?? []).map(({ name, summary, severity }) => ({ name, summary, severity }));
  const plain = toPlainValue({ lint: { ...lint, own }, ...(target === undefined ? {} : { target }) });
  return { value: plain.value, failures: plain.failures, inputs: [] };
}

function isFinding(value: unknown): value is RuleFinding {
  const { path, message } = (value ?? {}) as Partial<RuleFinding>;
  return Array.isArray(path) && typeof message === 'string';
}

/** A rule that fails costs only its own findings. */
function run(
  rule: RuleDefinition,
  severity: Finding['severity'],
  options: object,
  view: LintView,
): { readonly findings: Finding[]; readonly failures: EvaluateFailure[] } {
  const findings: Finding[] = [];
  const fail = (reason: string) => ({
    findings,
    failures: [
      { code: 'E2008', message: `the lint rule '${rule.name}' failed: ${reason}`, help: 'mend the rule' },
    ],
  });
  try {
    for (const found of rule.check(view, { ...rule.options, ...options })) {
      if (!isFinding(found)) return fail('a finding has a path (a list) and a message');
      const plain = toPlainValue(found);
      if (plain.failures.length > 0) return fail('a finding is plain data');
      findings.push({ ...(plain.value as RuleFinding), code: rule.name, severity });
    }
  } catch (error) {
    return fail(
      error instanceof Error || typeof error === 'object' ? String((error as Error).message) : String(error),
    );
  }
  return { findings, failures: [] };
}

/** @param exported the default export of the settings */
export function settingsReply(request: EvaluateRequest, exported: unknown): EvaluateReply {
  if (typeof exported !== 'object' || exported === null || Array.isArray(exported)) {
    return failed('the settings have no default export', 'write: export default defineSettings({ ... })');
  }
  const settings = exported as Settings;
  if (request.mode === 'settings') return plainSettings(settings);
  const view = new BootstrapView(request.lint?.bootstrap);
  const runs = (request.lint?.rules ?? []).map(({ name, severity, options }) => {
    const rule = settings.lint?.own?.find((one) => one.name === name);
    return rule === undefined ? { findings: [], failures: [] } : run(rule, severity, options, view);
  });
  return {
    value: runs.flatMap(({ findings }) => findings),
    failures: runs.flatMap(({ failures }) => failures),
    inputs: [],
  };
}
