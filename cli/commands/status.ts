import type { Command } from 'commander';
import { publishBranch } from '../../functions/trusted-revision/publication.ts';
import { type BranchState, publishedStateOf } from '../../shared/model/branch-state.ts';
import type { CommandContext, ExitStatus } from '../command-context.ts';
import { type CommonOptions, defineCommand } from '../define-command.ts';
import { withInstallation } from '../operations/open-installation.ts';
import { readStatus } from '../operations/read-status.ts';
import { describeBranch, describeBranches } from '../output/describe-status.ts';

export function createStatusCommand(context: CommandContext): Command {
  const summary =
    'Show what is trusted, what is locked, and why. Ends with 0 where every branch is Trusted, else with 1.';
  const examples = ['headlock status', 'headlock status payments-manifests main', 'headlock status --output json'];
  return defineCommand(context.terminal, { name: 'status', summary, examples })
    .argument('[repository]', 'only this repository')
    .argument('[branch]', 'only this branch, with all that is known of it')
    .action(async (repository: string | undefined, branch: string | undefined, options: CommonOptions) => {
      const branches = await withInstallation(options.data, (installation) =>
        readStatus({ repository, branch }, installation),
      );
      context.finish(show(branches, branch !== undefined, options, context));
    });
}

function show(
  branches: readonly BranchState[],
  inDetail: boolean,
  { output }: CommonOptions,
  { terminal }: CommandContext,
): ExitStatus {
  const now = new Date();
  if (output === 'json') terminal.print(JSON.stringify({ branches: branches.map(describeAsJson) }, null, 2));
  else if (branches.length === 0) terminal.print('No branch is guarded yet: `headlock apply -f headlock.yaml`.');
  else if (inDetail) terminal.print(branches.map((one) => describeBranch(one, now, terminal.style)).join('\n\n'));
  else terminal.print(describeBranches(branches, now, terminal.style));
  return branches.every((one) => publishedStateOf(one) === 'Trusted') ? 0 : 1;
}

/** What agents read, and what is for operators. */
function describeAsJson(branch: BranchState): object {
  const { anchor, operatorAnchored, enforcement, unreachable, recheckAt } = branch;
  const { pollAfterSeconds: _, ...published } = publishBranch(branch);
  return { ...published, anchor, operatorAnchored, enforcement, unreachable, recheckAt };
}
