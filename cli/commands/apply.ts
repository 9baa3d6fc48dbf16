import type { Command } from 'commander';
import type { CommandContext } from '../command-context.ts';
import { defineOperatorCommand, type OperatorOptions } from '../define-command.ts';
import { type AppliedRepository, applyPolicy } from '../operations/apply-policy.ts';
import { planPolicy } from '../operations/plan-policy.ts';
import { withInstallation } from '../operations/with-installation.ts';
import { describeOutcome, describePlan, differencesOf } from '../output/describe-plan.ts';
import { readPolicy } from '../policy/read-policy.ts';

interface ApplyOptions extends OperatorOptions {
  readonly file: string;
  readonly dryRun?: boolean;
}

export function createApplyCommand(context: CommandContext): Command {
  const summary = 'Validate a policy, show the difference, store it, and have every changed branch decided anew.';
  const examples = ['headlock apply -f headlock.yaml --dry-run', 'headlock apply -f headlock.yaml'];
  return defineOperatorCommand(context.terminal, { name: 'apply', summary, examples })
    .option('-f, --file <policy>', 'policy file', 'headlock.yaml')
    .option('--dry-run', 'validate and show the difference, and write nothing')
    .action(async (options: ApplyOptions) => {
      await apply(options, context);
      context.finish(0);
    });
}

async function apply(
  { file, data, stack, output, dryRun = false }: ApplyOptions,
  { terminal }: CommandContext,
): Promise<void> {
  const read = await readPolicy(file);
  await withInstallation({ data, stack }, async (installation) => {
    // Of a restore that was cut off half a policy may be there: that is told first.
    await installation.floor.read();
    const plan = await planPolicy(read, file, installation);
    if (output === 'text') terminal.print(describePlan(plan, terminal.style));
    for (const warning of plan.warnings) terminal.warn(`warning: ${warning}`);

    const act = { actor: installation.operator, now: new Date().toISOString() };
    const applied: AppliedRepository[] = [];
    if (!dryRun) {
      for (const repository of plan.repositories) applied.push(await applyPolicy(repository, act, installation));
    }
    if (output === 'text') return terminal.print(describeOutcome(applied, dryRun));
    const repositories = plan.repositories.map((one) => ({
      repository: one.repository,
      change: one.kind,
      differences: differencesOf(one),
      ...applied.find(({ repository }) => repository === one.repository),
    }));
    terminal.print(JSON.stringify({ dryRun, repositories, warnings: plan.warnings }, null, 2));
  });
}
