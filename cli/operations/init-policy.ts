import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { Oid } from '../../shared/model/oid.ts';
import type { Provider } from '../../shared/model/policy.ts';
import { PolicyError } from '../../shared/model/policy-error.ts';
import { parsePolicyFile } from '../../shared/model/policy-file.ts';
import { createPolicyJsonSchema } from '../../shared/model/policy-json-schema.ts';
import { armorCertificate } from '../audit/armor-certificate.ts';
import { guessForge } from '../audit/forges.ts';
import { parseRemote } from '../audit/parse-remote.ts';
import type { ProposedSignatory } from '../audit/propose-signatories.ts';
import { renderFirstPolicy } from '../audit/render-first-policy.ts';
import { type BranchRules, describeAnchor, nameKeyPaths, type RenderedBranch } from '../audit/render-policy.ts';
import type { Audit } from './audit-repository.ts';
import { writeNewFiles } from './write-new-files.ts';

/** What cannot be known of a first policy, as the user gives it. */
export interface PolicyAnswers {
  readonly file: string;
  readonly name: string;
  readonly url: string;
  readonly provider: Provider;
  readonly verifier: string;
  readonly webhookSecret: string;
  readonly rules: BranchRules;
  readonly anchor: Oid;
  /** Besides the audited one, with their tips as anchors. */
  readonly otherBranches: readonly string[];
  readonly chosen: readonly ProposedSignatory[];
  readonly force: boolean;
}

export interface InitializedPolicy {
  readonly file: string;
  /** All files that were written, relative to the policy's folder. */
  readonly files: readonly string[];
  readonly branches: readonly RenderedBranch[];
}

/** What a repository's address and folder tell of it. */
export function proposeNames({
  history: { location, path, remote },
}: Audit): Pick<PolicyAnswers, 'name' | 'url' | 'provider'> {
  const address = remote === null ? null : parseRemote(remote);
  const url = address?.href ?? pathToFileURL(resolve(path ?? location)).href;
  const last = basename(address?.pathname ?? resolve(location)).replace(/\.git$/, '');
  const name = last
    .toLowerCase()
    .replace(/[^a-z0-9._-]+/g, '-')
    .replace(/^[^a-z0-9]+/, '')
    .slice(0, 60);
  const forge = address === null ? null : guessForge(address.hostname);
  return { name: name || 'repository', url, provider: forge ?? 'generic' };
}

/**
 * Writes a first policy with the keys that it names and its schema beside it.
 * @throws HeadlockError
 */
export async function initPolicy(audit: Audit, answers: PolicyAnswers, now: Date): Promise<InitializedPolicy> {
  const { chosen, file, anchor, rules } = answers;
  const { branch, tip, forges, commits } = audit.report;
  const { judged, anchor: proposed } = audit.anchorFor(chosen, rules);
  const note = anchor === proposed || anchor === tip ? describeAnchor(anchor, tip, judged) : 'as you chose it';
  const branches = [{ ...rules, branch, anchor, note }, ...(await findOthers(audit, answers))];
  const paths = nameKeyPaths(chosen, 'beside');
  const forgeKeys = audit.signatories.filter(({ forge }) => forge !== null);
  const context = { paths, forges, commits, keyTime: rules.keyTime, now: Math.floor(now.getTime() / 1000) };
  const policy = renderFirstPolicy({ ...answers, ...context, branches, forgeKeys });
  assertReadable(policy, file);
  const files = new Map([
    [basename(file), policy],
    ['headlock.schema.json', `${JSON.stringify(createPolicyJsonSchema(), null, 2)}\n`],
    ...[...paths].map(
      ([{ certificates }, path]) => [path, certificates.map(({ bytes }) => armorCertificate(bytes)).join('')] as const,
    ),
  ]);
  await writeNewFiles(dirname(file), files, answers);
  return { file, files: [...files.keys()], branches };
}

async function findOthers(
  { history }: Audit,
  { otherBranches, rules }: PolicyAnswers,
): Promise<readonly RenderedBranch[]> {
  return Promise.all(
    otherBranches.map(async (name) => {
      const { tip } = await history.findTip(name);
      return { ...rules, branch: name, anchor: tip, note: describeAnchor(tip, tip, 0) };
    }),
  );
}

/** Before anything is written. @throws HeadlockError with what to write instead */
function assertReadable(text: string, file: string): void {
  try {
    parsePolicyFile(text, file);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    const problems = error.problems.map(({ message }) => message).join(' ');
    throw new HeadlockError('usage', `Nothing was written: an answer is of no use. ${problems}`, { kind: 'input' });
  }
}
