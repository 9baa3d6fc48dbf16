import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { Oid } from '../../shared/model/oid.ts';
import type { CommandContext, ExitStatus } from '../command-context.ts';
import { type CommonOptions, defineCommand } from '../define-command.ts';
import { openSource } from '../operations/open-source.ts';
import { type VerifiedRepository, verifyRepository } from '../operations/verify-repository.ts';
import { count } from '../output/count.ts';
import { describeVerification } from '../output/describe-verification.ts';
import { parseCommitId } from '../parse-argument.ts';
import { createCachedCompiler } from '../policy/certificate-cache.ts';
import { chooseBranch } from '../policy/choose-branch.ts';
import { readPolicy } from '../policy/read-policy.ts';

interface VerifyOptions extends CommonOptions {
  readonly file: string;
  readonly repository?: string;
  readonly branch?: string;
  readonly from?: Oid;
  readonly to?: Oid;
  readonly verbose?: true;
  readonly cache: boolean;
}

/** As many as keep the threads busy. */
const IN_FLIGHT = 64;

const EXAMPLES = [
  'headlock verify . -f ../policy/headlock.yaml --branch main',
  'headlock verify https://github.com/example/manifests.git -f headlock.yaml --output json',
];

export function createVerifyCommand(context: CommandContext): Command {
  const summary = 'Check a repository against a policy, without any instance.';
  return defineCommand(context.terminal, { name: 'verify', summary, examples: EXAMPLES })
    .argument('[location]', 'a path, or an http(s) URL (HEADLOCK_GIT_USERNAME, HEADLOCK_GIT_PASSWORD)', '.')
    .option('-f, --file <policy>', 'policy file', 'headlock.yaml')
    .option('--repository <name>', 'which repository of the policy')
    .option('--branch <name>', 'which branch of the policy')
    .option('--from <commit>', 'take this commit as trusted, in place of the anchor', parseCommitId)
    .option('--to <commit>', "judge this commit, in place of the branch's tip", parseCommitId)
    .option('--no-cache', 'compile every key anew, and keep nothing for the next time')
    .option('--verbose', 'show every commit, however many there are')
    .action(async (location: string, options: VerifyOptions) => {
      context.finish(await verify(location, options, context));
    });
}

async function verify(
  location: string,
  options: VerifyOptions,
  { terminal, settings }: CommandContext,
): Promise<ExitStatus> {
  const started = performance.now();
  const { cacheFolder } = settings;
  const compile =
    options.cache && cacheFolder !== null ? createCachedCompiler(join(cacheFolder, 'headlock', 'keys')) : undefined;
  const policies = await readPolicy(options.file, compile);
  const { repository, branch: branchName } = options;
  const { chosen, branch } = chooseBranch(policies, { repository, branch: branchName, location });
  for (const warning of chosen.warnings) terminal.warn(`warning: ${warning}`);

  terminal.progress(`Reading commits from ${location} …`);
  const source = await openSource(location, branch.limits, settings);
  const found = await verifyRepository({
    source,
    ...chosen,
    branch,
    from: options.from ?? null,
    to: options.to ?? null,
    now: new Date(),
    // On one processor the threads would only wait for each other.
    inFlight: availableParallelism() > 1 ? IN_FLIGHT : 1,
    onJudged: (done, total) => {
      if (done % 100 === 0) terminal.progress(`Judging commits: ${done} of ${count(total, 'commit')} …`);
    },
  });

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
