import type { Command } from 'commander';
import { formatBranchRef } from '../../shared/model/branch-ref.ts';
import type { CommandContext } from '../command-context.ts';
import { defineOperatorCommand, type OperatorOptions } from '../define-command.ts';
import { readLog } from '../operations/read-log.ts';
import { withInstallation } from '../operations/with-installation.ts';
import { describeLog } from '../output/describe-log.ts';
import { parseLimit } from '../parse-argument.ts';

interface LogOptions extends OperatorOptions {
  readonly limit: number;
}

const DEFAULT_LIMIT = 50;

export function createLogCommand({ terminal, finish }: CommandContext): Command {
  const summary = 'Show the audit trail of a branch or tag, the newest event first.';
  const examples = [
    'headlock log payments-manifests main',
    'headlock log payments-manifests main --limit 500 --output json',
  ];
  return defineOperatorCommand(terminal, { name: 'log', summary, examples })
    .argument('<repository>', 'repository of the policy')
    .argument('<branch>', 'branch of the policy, one that it named before, or a tag as refs/tags/… (refs/tags for all)')
    .option('--limit <n>', 'at most so many events', parseLimit, DEFAULT_LIMIT)
    .action(async (repository: string, branch: string, { data, stack, limit, output }: LogOptions) => {
      const ref = { repository, branch };
      // One more tells whether there are more.
      const found = await withInstallation({ data, stack }, (installation) => readLog(ref, limit + 1, installation));
      const events = found.slice(0, limit);
      if (output === 'json') terminal.print(JSON.stringify({ ...ref, events }, null, 2));
      else if (events.length === 0) terminal.print(`Nothing has happened to ${formatBranchRef(ref)} yet.`);
      else terminal.print(describeLog(events, terminal.style));
      if (found.length > limit) terminal.warn(`There are older events: --limit ${limit * 10} shows more.`);
      finish(0);
    });
}
