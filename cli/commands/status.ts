import type { Command } from 'commander';
import { publishBranch } from '../../functions/trusted-revision/publication.ts';
import { publishTag } from '../../functions/trusted-revision/tag-publication.ts';
import type { StatementKey } from '../../shared/kms/statement-signer.ts';
import { type BranchState, publishedStateOf } from '../../shared/model/branch-state.ts';
import { tagOfRefName } from '../../shared/model/tag-ref.ts';
import { publishedStateOfTag, type TagState } from '../../shared/model/tag-state.ts';
import type { CommandContext, ExitStatus } from '../command-context.ts';
import { defineOperatorCommand, type OperatorOptions } from '../define-command.ts';
import { listGuarded, readStatus } from '../operations/read-status.ts';
import { readTag, readTags, type TagsStatus } from '../operations/read-tags.ts';
import { withInstallation } from '../operations/with-installation.ts';
import { describeBranch, describeBranches } from '../output/describe-status.ts';
import { describeTag, tagRows } from '../output/describe-tags.ts';

interface StatusOptions extends OperatorOptions {
  readonly publicKey?: true;
}

export function createStatusCommand(context: CommandContext): Command {
  const summary =
    'Show what is trusted, what is locked, and why. Ends with 0 where every branch is Trusted and no tag is locked, else with 1.';
  const examples = [
    'headlock status',
    'headlock status payments-manifests main',
    'headlock status payments-manifests refs/tags/v1.2.3',
    'headlock status --output json',
    'headlock status --public-key > statements.pem',
  ];
  return defineOperatorCommand(context.terminal, { name: 'status', summary, examples })
    .argument('[repository]', 'only this repository')
    .argument('[branch]', 'only this branch, or a tag as refs/tags/…, with all that is known of it')
    .option('--public-key', 'print the key that signs statements, in PEM, for agents to pin')
    .action(async (repository: string | undefined, branch: string | undefined, options: StatusOptions) => {
      const status = await withInstallation(options, async (installation) => {
        if (options.publicKey === true) return showKey(await installation.statementKey.readKey(), options, context);
        if (repository !== undefined && branch !== undefined && tagOfRefName(branch) !== null)
          return showTag(await readTag(repository, branch, installation), options, context);
        const branches = await readStatus({ repository, branch }, installation);
        const guarded = branch === undefined ? await listGuarded(repository, installation) : [];
        return show(branches, await readTags(guarded, installation), branch !== undefined, options, context);
      });
      context.finish(status);
    });
}

function show(
  branches: readonly BranchState[],
  tags: readonly TagsStatus[],
  inDetail: boolean,
  { output }: OperatorOptions,
  { terminal }: CommandContext,
): ExitStatus {
  const now = new Date();
  const { style } = terminal;
  if (output === 'json') {
    const described = { branches: branches.map(describeAsJson), tags: tags.map(describeTagsAsJson) };
    terminal.print(JSON.stringify(described, null, 2));
  } else if (branches.length + tags.length === 0) {
    terminal.print('No branch is guarded yet: `headlock apply -f headlock.yaml`.');
  } else if (inDetail) terminal.print(branches.map((one) => describeBranch(one, now, style)).join('\n\n'));
  else {
    const rows = tags.flatMap((each) => tagRows(each, now, style));
    terminal.print(describeBranches(branches, now, style, rows));
  }
  const isWell = tags.every(({ all, troubled }) => troubled.length === 0 && all.lock === null);
  return isWell && branches.every((one) => publishedStateOf(one) === 'Trusted') ? 0 : 1;
}

function showKey({ keyId, pem }: StatementKey, { output }: OperatorOptions, { terminal }: CommandContext): ExitStatus {
  terminal.print(output === 'json' ? JSON.stringify({ keyId, publicKey: pem }, null, 2) : pem.trimEnd());
  return 0;
}

function showTag(tag: TagState, { output }: OperatorOptions, { terminal }: CommandContext): ExitStatus {
  if (output === 'json') terminal.print(JSON.stringify(describeTagAsJson(tag), null, 2));
  else terminal.print(describeTag(tag, new Date(), terminal.style));
  return publishedStateOfTag(tag) === 'Trusted' ? 0 : 1;
}

/** What agents read, and what is for operators. */
function describeAsJson(branch: BranchState): object {
  const { anchor, operatorAnchored, enforcement, unreachable, recheckAt } = branch;
  const published = publishBranch(branch);
  return { ...published, anchor, operatorAnchored, enforcement, unreachable, recheckAt };
}

function describeTagsAsJson({ all, troubled }: TagsStatus): object {
  const { ref, counts, lock, unreachable } = all;
  return { repository: ref.repository, counts, lock, unreachable, troubled: troubled.map(describeTagAsJson) };
}

function describeTagAsJson(tag: TagState): object {
  const { operatorAnchored, missingSince, recheckAt } = tag;
  const published = publishTag(tag);
  return { ...published, operatorAnchored, missingSince, recheckAt };
}
