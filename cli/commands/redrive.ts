import { setTimeout } from 'node:timers/promises';
import type { Command } from 'commander';
import { formatBranchRef } from '../../shared/model/branch-ref.ts';
import type { DeadLetter } from '../../shared/queue/dead-letter-queue.ts';
import type { CommandContext, ExitStatus } from '../command-context.ts';
import { defineOperatorCommand, type OperatorOptions } from '../define-command.ts';
import { type RedriveOutcome, redriveDeadLetters } from '../operations/redrive.ts';
import { withInstallation } from '../operations/with-installation.ts';
import { count } from '../output/count.ts';
import { formatAge } from '../output/format-age.ts';
import { formatTable } from '../output/format-table.ts';

interface RedriveOptions extends OperatorOptions {
  readonly dryRun?: boolean;
}

/** What is set aside of one kind, and what became of it. */
interface SetAside {
  readonly kind: 'decisions' | 'statuses';
  readonly waiting: number;
  readonly letters: readonly DeadLetter[];
  /** Null where it was only looked at. */
  readonly outcome: RedriveOutcome | null;
}

const KINDS = ['decisions', 'statuses'] as const;

export function createRedriveCommand(context: CommandContext): Command {
  const summary = 'Bring back what failed too often. Ends with 0 where nothing is set aside any more, else with 1.';
  const examples = ['headlock redrive --dry-run', 'headlock redrive --stack production'];
  return defineOperatorCommand(context.terminal, { name: 'redrive', summary, examples })
    .option('--dry-run', 'show what is set aside, and leave it there')
    .action(async (options: RedriveOptions) => context.finish(await redrive(options, context)));
}

async function redrive(
  { data, stack, output, dryRun = false }: RedriveOptions,
  { terminal }: CommandContext,
): Promise<ExitStatus> {
  const found = await withInstallation({ data, stack }, async ({ deadLetters }) => {
    const kinds: SetAside[] = [];
    for (const kind of KINDS) {
      const queue = deadLetters[kind];
      const waiting = await queue.count();
      const letters = waiting === 0 ? [] : await queue.peek();
      if (!dryRun && waiting > 0) terminal.progress(`Bringing back ${count(waiting, 'message')} …`);
      kinds.push({
        kind,
        waiting,
        letters,
        outcome: dryRun ? null : await redriveDeadLetters(queue, waiting, () => setTimeout(500)),
      });
    }
    return kinds;
  });
  if (output === 'json') terminal.print(JSON.stringify({ dryRun, queues: found }, null, 2));
  else terminal.print(describe(found, dryRun));
  const left = found.reduce((sum, { waiting, outcome }) => sum + (outcome === null ? waiting : outcome.left), 0);
  return left === 0 && found.every(({ outcome }) => outcome?.failure == null) ? 0 : 1;
}

function describe(kinds: readonly SetAside[], dryRun: boolean): string {
  if (kinds.every(({ waiting }) => waiting === 0)) return 'Nothing is set aside.';
  const rows = kinds.flatMap(({ kind, letters }) =>
    letters.map(({ ref, sentAt, receives }) => [
      kind,
      ref === null ? 'not from Headlock' : formatBranchRef(ref),
      `${formatAge(sentAt.toISOString(), new Date())} ago`,
      String(receives),
    ]),
  );
  const outcomes = kinds.flatMap(({ kind, waiting, outcome }) => {
    if (outcome === null) return waiting === 0 ? [] : [`${kind}: ${count(waiting, 'message')} set aside.`];
    if (waiting === 0) return [];
    const failure = outcome.failure === null ? '' : ` SQS says: ${outcome.failure}`;
    return [`${kind}: ${outcome.moved} brought back, ${outcome.left} set aside.${failure}`];
  });
  const next = dryRun
    ? 'Mend what the alarm and the log of the function name, then run it without --dry-run.'
    : 'What is brought back is decided anew from what the forge serves.';
  return [formatTable([['WHAT', 'BRANCH', 'SENT', 'RECEIVED'], ...rows]), '', ...outcomes, next].join('\n');
}
