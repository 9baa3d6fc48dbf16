import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { CommandContext } from '../command-context.ts';
import { defineOperatorCommand, type OperatorOptions } from '../define-command.ts';
import type { RestoredTable } from '../operations/restore-table.ts';
import { describeRestored } from '../output/describe-restored.ts';
import { parseTime } from '../parse-argument.ts';

interface RestoreOptions extends OperatorOptions {
  readonly fromTable?: string;
  readonly fromData?: string;
  readonly asOf?: Date;
  readonly dryRun?: boolean;
}

export function createRestoreCommand(context: CommandContext): Command {
  const summary =
    'Carry a backup over into an empty table, with every sequence above all that were ever published. Nothing is served of it before the next `headlock apply`.';
  const examples = [
    'headlock restore --stack production --from-table headlock-restored --dry-run',
    'headlock restore --stack production --from-table headlock-restored',
    'headlock restore --data .headlock --from-data /backup/headlock --as-of 2026-11-20T03:00:00Z',
  ];
  return defineOperatorCommand(context.terminal, { name: 'restore', summary, examples })
    .option('--from-table <name>', 'the table that DynamoDB restored the backup to')
    .option('--from-data <folder>', 'the copy of a data folder')
    .option('--as-of <time>', 'when the backup was made, or earlier, where DynamoDB does not know', parseTime)
    .option('--dry-run', 'read all of the backup, and write nothing')
    .action(async (options: RestoreOptions) => {
      const restored = await restore(options, context);
      const { terminal } = context;
      if (options.output === 'json')
        terminal.print(JSON.stringify({ dryRun: options.dryRun === true, ...restored }, null, 2));
      else terminal.print(describeRestored(restored, options.dryRun === true, terminal.style));
      context.finish(0);
    });
}

async function restore(options: RestoreOptions, { terminal }: CommandContext): Promise<RestoredTable> {
  const { stack, data, fromTable, fromData, asOf = null, dryRun = false } = options;
  const { restoreTable } = await import('../operations/restore-table.ts');
  const { openAwsTable, openFolderTable } = await import('../operations/open-tables.ts');
  const onProgress = (copied: number) => terminal.progress(`${copied} items …`);
  if (stack !== undefined) {
    if (fromTable === undefined || fromData !== undefined)
      throw usage('On AWS name the backup with --from-table alone.');
    const { findDeployment } = await import('../aws/find-deployment.ts');
    const { explainAwsError } = await import('../aws/explain-aws-error.ts');
    const { caller, outputs } = await findDeployment(stack);
    const [source, target] = [openAwsTable(fromTable), openAwsTable(outputs.TableName)];
    try {
      const about = { from: fromTable, asOf, leaveOut: [], actor: caller.arn, dryRun, onProgress };
      return await restoreTable({ source, target, ...about });
    } catch (error) {
      // Operators may not read other tables: this is for an administrator.
      throw explainAwsError(error, { operatorPolicy: 'of an administrator' });
    } finally {
      await Promise.all([source.close(), target.close()]);
    }
  }
  if (fromData === undefined || fromTable !== undefined)
    throw usage(
      'Name the backup: the copy of a data folder with --from-data, or a table with --stack and --from-table.',
    );
  if (!existsSync(fromData)) throw usage(`There is no folder ${fromData}.`);
  const { nameOperator } = await import('../operations/name-operator.ts');
  const source = await openFolderTable(fromData);
  try {
    const target = await openFolderTable(data);
    try {
      // Sealed by the keys of the other folder.
      const about = {
        from: fromData,
        asOf,
        leaveOut: ['secret', 'secrets'],
        actor: nameOperator(),
        dryRun,
        onProgress,
      };
      return await restoreTable({ source, target, ...about });
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

function usage(message: string): HeadlockError<'usage'> {
  return new HeadlockError('usage', `${message} See \`headlock restore --help\`.`, { kind: 'input' });
}
