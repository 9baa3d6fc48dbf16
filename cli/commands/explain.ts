import type { Command } from 'commander';
import { isRepositoryName } from '../../shared/model/branch-ref.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { CommandContext } from '../command-context.ts';
import { defineOperatorCommand, type OperatorOptions } from '../define-command.ts';
import { type Explanation, isTrusted } from '../operations/explanation.ts';
import { describeExplanation } from '../output/describe-explanation.ts';

interface ExplainOptions extends OperatorOptions {
  readonly branch?: string;
  readonly file?: string;
  readonly repository?: string;
  readonly cache: boolean;
}

const EXAMPLES = [
  'headlock explain payments-manifests 77ab1c0e',
  'headlock explain . HEAD -f ../policy/headlock.yaml --branch main',
];

export function createExplainCommand(context: CommandContext): Command {
  const summary = 'Show every check of one commit: what passed, what did not, and how to mend it.';
  return defineOperatorCommand(context.terminal, { name: 'explain', summary, examples: EXAMPLES })
    .argument('<repository>', 'a repository of the policy, for what was recorded; with -f a path or URL')
    .argument('<commit>', 'a commit id or its first digits; of a path, whatever `git rev-parse` knows')
    .option('--branch <name>', 'which branch of the policy; where there are several, main')
    .option('-f, --file <policy>', 'judge the commit now by this policy file, without any instance')
    .option('--repository <name>', 'with -f: which repository of the policy')
    .option('--no-cache', 'with -f: compile every key anew, and keep nothing for the next time')
    .action(async (repository: string, commit: string, options: ExplainOptions) => {
      const explanation = await explain(repository, commit, options, context);
      const { terminal } = context;
      if (options.output === 'json') terminal.print(JSON.stringify(describeAsJson(explanation), null, 2));
      else terminal.print(describeExplanation(explanation, terminal.style));
      context.finish(isTrusted(explanation) ? 0 : 1);
    });
}

async function explain(
  repository: string,
  commit: string,
  { branch, data, stack, file, ...options }: ExplainOptions,
  context: CommandContext,
): Promise<Explanation> {
  if (file !== undefined) {
    const { prepareCheck } = await import('../operations/prepare-check.ts');
    const { resolveCommit } = await import('../operations/resolve-commit.ts');
    const { explainCommit } = await import('../operations/explain-commit.ts');
    const check = await prepareCheck(repository, { ...options, file, branch }, context);
    return explainCommit(check, await resolveCommit(repository, commit, context.settings));
  }
  if (!isRepositoryName(repository)) {
    const message = `${repository} is no name of a repository. To explain a commit of a clone, name a policy: \`headlock explain ${repository} ${commit} -f headlock.yaml\`.`;
    throw new HeadlockError('usage', message, { kind: 'input' });
  }
  const { withInstallation } = await import('../operations/with-installation.ts');
  const { explainRecorded } = await import('../operations/explain-recorded.ts');
  return withInstallation({ data, stack }, (installation) =>
    explainRecorded({ repository, branch, commit }, installation),
  );
}

function describeAsJson(explanation: Explanation): object {
  const { ref, commit, policyVersion, verdict, offence, checks } = explanation;
  return { ...ref, commit, trusted: isTrusted(explanation), policyVersion, verdict, lock: offence, checks };
}
