import { formatBranchRef } from '../../../shared/model/branch-ref.ts';
import { type BranchState, publishedStateOf } from '../../../shared/model/branch-state.ts';
import { HeadlockError } from '../../../shared/model/headlock-error.ts';
import type { AppliedPolicy } from '../../../shared/model/policy.ts';
import { PolicyError } from '../../../shared/model/policy-error.ts';
import { amiss, type Finding, ok, unknown } from '../../finding.ts';
import { count } from '../../output/count.ts';
import { readPolicy } from '../../policy/read-policy.ts';
import type { Installation } from '../installation.ts';
import { planPolicy } from '../plan-policy.ts';
import { secretsOf } from '../secrets-of.ts';

/** What an installation holds: policies, secrets, branches, statements, dead letters. */
export async function checkInstallation(installation: Installation, now: Date): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const repositories = (await installation.policies.listRepositories()).toSorted();
  if (repositories.length === 0)
    findings.push(amiss('No repository is guarded', 'Run `headlock apply -f headlock.yaml`.'));
  for (const repository of repositories) {
    const applied = await readApplied(repository, installation);
    if ('outcome' in applied) {
      findings.push(applied);
      continue;
    }
    findings.push(...(await checkSecrets(applied, installation)));
    const branches = (await installation.branches.listEach(repository)).filter(({ state }) => state?.retired !== true);
    for (const { ref, state } of branches)
      findings.push(
        state === null
          ? amiss(
              `What is stored of ${formatBranchRef(ref)} cannot be read`,
              'See docs/operations.md, "Backup and restore".',
            )
          : checkBranch(state, now),
      );
    const guarded = new Set(branches.map(({ ref }) => ref.branch));
    // Trust rule 5.6: after a restore, or an `apply` that was cut off.
    for (const { name: branch } of applied.policy.branches.filter(({ name }) => !guarded.has(name)))
      findings.push(
        amiss(
          `${formatBranchRef({ repository, branch })} is in the policy, but not decided: nothing is served of it`,
          'Apply the newest policy: `headlock apply -f headlock.yaml`.',
        ),
      );
  }
  return [...findings, await checkRestore(installation), ...(await checkDeadLetters(installation))];
}

async function readApplied(repository: string, { policies }: Installation): Promise<AppliedPolicy | Finding> {
  const remedy = 'Apply it again: `headlock apply -f headlock.yaml`.';
  try {
    return (await policies.readApplied(repository)) ?? amiss(`The policy of ${repository} was removed halfway`, remedy);
  } catch (error) {
    if (!(error instanceof HeadlockError) || error.code !== 'corrupt_item') throw error;
    return amiss(`The policy of ${repository} is not stored as this version of Headlock reads it`, remedy);
  }
}

async function checkSecrets({ policy }: AppliedPolicy, { secrets }: Installation): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const { name, purpose, need } of secretsOf(policy)) {
    const secret = await secrets.read(name);
    if (secret?.purpose === purpose) findings.push(ok(`The secret ${name} is stored for ${purpose}`));
    else {
      const what =
        secret === null ? `There is no secret ${name}` : `The secret ${name} is stored for ${secret.purpose}`;
      findings.push(amiss(`${what}: ${need}`, `Run \`headlock secret set ${name} --purpose ${purpose}\`.`));
    }
  }
  return findings;
}

function checkBranch(state: BranchState, now: Date): Finding {
  const { ref, compromise, lock, unreachable, statement, resumeAt } = state;
  const name = formatBranchRef(ref);
  const published = publishedStateOf(state);
  const flaw = compromise ?? lock;
  if (flaw !== null) return amiss(`${name} is ${published}: ${flaw.message}`, flaw.nextStep);
  if (unreachable !== null)
    return amiss(
      `${name}: its forge cannot be read since ${unreachable.since}: ${unreachable.message}`,
      'See docs/operations.md, "When the forge cannot be read".',
    );
  if (published === 'Pending') {
    const why = resumeAt === null ? 'nothing is decided yet' : 'it was restored, and is not decided yet';
    return unknown(`${name} is Pending: ${why}`, `\`headlock status ${ref.repository} ${ref.branch}\` shows it.`);
  }
  if (statement !== null && new Date(statement.expires) <= now)
    return amiss(
      `${name} is ${published}, and its statement expired at ${statement.expires}`,
      'The log of the verify function says why none was signed since.',
    );
  return ok(`${name} is ${published} (sequence ${state.sequence})`);
}

async function checkRestore({ floor }: Installation): Promise<Finding> {
  try {
    const highest = await floor.read();
    return ok(
      highest === 0
        ? 'The table was never restored'
        : `The table was restored; no new sequence starts below ${highest}`,
    );
  } catch (error) {
    if (!(error instanceof HeadlockError) || error.code !== 'restore_unfinished') throw error;
    return amiss('A restore was cut off', error.message);
  }
}

async function checkDeadLetters({ deadLetters }: Installation): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const [kind, queue] of Object.entries(deadLetters)) {
    const waiting = await queue.count();
    findings.push(
      waiting === 0
        ? ok(`No ${kind} are set aside`)
        : amiss(
            `${count(waiting, 'message')} about ${kind} failed too often`,
            'See which with `headlock redrive --dry-run`.',
          ),
    );
  }
  return findings;
}

/** Whether a policy file is valid, and applied as it is. */
export async function checkPolicyFile(file: string, installation: Installation | null): Promise<Finding> {
  try {
    const read = await readPolicy(file);
    if (installation === null) return ok(`${file} is valid`);
    const { repositories } = await planPolicy(read, file, installation);
    const changed = repositories.filter(({ kind }) => kind !== 'unchanged').map(({ repository }) => repository);
    if (changed.length === 0) return ok(`${file} is valid, and applied as it is`);
    return amiss(`${file} is valid, but not applied for ${changed.join(', ')}`, `Run \`headlock apply -f ${file}\`.`);
  } catch (error) {
    if (error instanceof PolicyError)
      return amiss(`${file} cannot be applied`, error.message.replaceAll('\n', '\n    '));
    if (error instanceof HeadlockError) return amiss(`${file} cannot be used`, error.message);
    throw error;
  }
}
