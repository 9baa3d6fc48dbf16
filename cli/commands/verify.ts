import { type Command, Option } from 'commander';
import { DEFAULT_BRANCH_LIMITS } from '../../shared/model/limits.ts';
import type { CommandContext, ExitStatus } from '../command-context.ts';
import { type CommonOptions, defineCommand } from '../define-command.ts';
import { openSource } from '../operations/open-source.ts';
import { prepareCheck, readPolicies } from '../operations/prepare-check.ts';
import { resolveCommit } from '../operations/resolve-commit.ts';
import type { VerifiedRepository } from '../operations/verify-repository.ts';
import { verifyTag } from '../operations/verify-tag.ts';
import { describeTagFinding } from '../output/describe-tags.ts';
import { describeVerification } from '../output/describe-verification.ts';
import { chooseRepository } from '../policy/choose-branch.ts';

interface VerifyOptions extends CommonOptions {
  readonly file: string;
  readonly repository?: string;
  readonly branch?: string;
  readonly tag?: string;
  readonly from?: string;
  readonly to?: string;
  readonly verbose?: true;
  readonly cache: boolean;
}

const EXAMPLES = [
  'headlock verify . -f ../policy/headlock.yaml --branch main',
  'headlock verify . -f ../policy/headlock.yaml --from origin/main --to HEAD',
  'headlock verify . -f ../policy/headlock.yaml --tag v1.2.3',
  'headlock verify https://github.com/example/manifests.git -f headlock.yaml --output json',
];

export function createVerifyCommand(context: CommandContext): Command {
  const summary = 'Check a repository against a policy, without any instance.';
  return defineCommand(context.terminal, { name: 'verify', summary, examples: EXAMPLES })
    .argument('[location]', 'a path, or an http(s) URL (HEADLOCK_GIT_USERNAME, HEADLOCK_GIT_PASSWORD)', '.')
    .option('-f, --file <policy>', 'policy file', 'headlock.yaml')
    .option('--repository <name>', 'which repository of the policy')
    .option('--branch <name>', 'which branch of the policy')
    .addOption(
      new Option('--tag <name>', 'check this tag in place of a branch').conflicts(['branch', 'from', 'to', 'verbose']),
    )
    .option('--from <commit>', 'take this commit as trusted, in place of the anchor')
    .option('--to <commit>', "judge this commit, in place of the branch's tip")
    .option('--no-cache', 'compile every key anew, and keep nothing for the next time')
    .option('--verbose', 'show every commit, however many there are')
    .action(async (location: string, options: VerifyOptions) => {
      const { tag } = options;
      context.finish(
        tag === undefined ? await verify(location, options, context) : await checkTag(location, tag, options, context),
      );
    });
}

async function verify(location: string, options: VerifyOptions, context: CommandContext): Promise<ExitStatus> {
  const started = performance.now();
  const { terminal } = context;
  const { chosen, branch, verify: verifyRange } = await prepareCheck(location, options, context);
  const resolve = async (commit: string | undefined) =>
    commit === undefined ? null : resolveCommit(location, commit, context.settings);
  const found = await verifyRange({ from: await resolve(options.from), to: await resolve(options.to) });

  const milliseconds = Math.round(performance.now() - started);
  if (options.output === 'json') {
    const { mode, keyTime } = branch;
    const names = { repository: chosen.policy.repository, branch: branch.name, mode, keyTime };
    terminal.print(JSON.stringify({ ...names, ...describeAsJson(found), milliseconds }, null, 2));
  } else {
    const { style } = terminal;
    terminal.print(
      describeVerification(branch.name, found, { verbose: options.verbose === true, milliseconds, style }),
    );
  }
  return found.decision.offence === null ? 0 : 1;
}

/** Trust rule 4.9. */
async function checkTag(
  location: string,
  tag: string,
  { file, repository, cache, output }: VerifyOptions,
  { terminal, settings }: CommandContext,
): Promise<ExitStatus> {
  const policies = await readPolicies(file, cache, settings);
  const chosen = chooseRepository(policies, { repository, location });
  for (const warning of chosen.warnings) terminal.warn(`warning: ${warning}`);
  const source = await openSource(location, DEFAULT_BRANCH_LIMITS, settings);
  const { object, finding } = await verifyTag(tag, source, chosen, new Date());
  const { revision, offence: lock, evidence, verdicts } = finding;
  if (output === 'json') {
    const names = { repository: chosen.policy.repository, tag, object, trusted: lock === null };
    const { accepted } = evidence;
    terminal.print(JSON.stringify({ ...names, revision: revision?.oid ?? null, lock, accepted, verdicts }, null, 2));
  } else terminal.print(describeTagFinding(tag, finding, terminal.style));
  return lock === null ? 0 : 1;
}

function describeAsJson({ from, tip, verdicts, decision }: VerifiedRepository): object {
  const verified = verdicts.filter(({ outcome }) => outcome === 'verified').length;
  return {
    from,
    tip,
    trusted: decision.offence === null,
    revision: decision.advance?.oid ?? from,
    lock: decision.offence,
    accepted: decision.evidence.accepted,
    verified,
    refused: verdicts.length - verified,
    verdicts,
  };
}
