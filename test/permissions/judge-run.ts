import { listGrants } from './grants.ts';
import { readPrincipals, type Templates } from './principals.ts';
import type { RunRecord } from './run-record.ts';
import { UNUSED_GRANTS } from './unused-grants.ts';

/** What is wrong with any run, each as one line that says what to do. */
export function judgeDenials({ denied }: RunRecord): readonly string[] {
  return denied.map(
    (access) => `Denied, though a test needed it: ${access}. Grant it in infra/aws, or leave out the call.`,
  );
}

/** What is wrong with a whole run beside that. */
export function judgeGrants(
  templates: Templates,
  { used }: RunRecord,
  reasons: Readonly<Record<string, string>> = UNUSED_GRANTS,
): readonly string[] {
  const problems: string[] = [];
  const granted = new Set([...readPrincipals(templates)].flatMap(([name, statements]) => listGrants(name, statements)));
  for (const grant of granted) {
    if (used.has(grant) || Object.hasOwn(reasons, grant)) continue;
    problems.push(
      `Granted, and never used in this run: ${grant}. Take it out of infra/aws, test what needs it, or give the reason in test/permissions/unused-grants.ts.`,
    );
  }
  for (const grant of Object.keys(reasons)) {
    if (!granted.has(grant))
      problems.push(`Nothing grants ${grant}: take it out of test/permissions/unused-grants.ts.`);
    else if (used.has(grant))
      problems.push(`Used after all: ${grant}. Take it out of test/permissions/unused-grants.ts.`);
  }
  return problems;
}
