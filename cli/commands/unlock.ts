import { type Command, Option } from 'commander';
import { publishTag } from '../../functions/trusted-revision/tag-publication.ts';
import { formatBranchRef } from '../../shared/model/branch-ref.ts';
import { HeadlockError } from '../../shared/model/headlock-error.ts';
import type { Oid } from '../../shared/model/oid.ts';
import { tagOfRefName } from '../../shared/model/tag-ref.ts';
import type { AcceptedEvidence, SignatureEvidence } from '../../shared/model/verdict.ts';
import { createSourceOpener } from '../../shared/sources/open-sources.ts';
import { sayTagRef } from '../../shared/trust/tag-offence.ts';
import type { CommandContext } from '../command-context.ts';
import { defineOperatorCommand, type OperatorOptions } from '../define-command.ts';
import type { Installation } from '../operations/installation.ts';
import { type UnlockedBranch, unlockBranch } from '../operations/unlock-branch.ts';
import { unlockTag } from '../operations/unlock-tag.ts';
import { withInstallation } from '../operations/with-installation.ts';
import { parseCommitId, parseCount } from '../parse-argument.ts';

interface UnlockOptions extends OperatorOptions {
  readonly sequence: number;
  readonly to?: Oid;
  readonly clear?: true;
  readonly compromised?: true;
  readonly reason: string;
}

export function createUnlockCommand(context: CommandContext): Command {
  const summary =
    'Move trust to a commit or a tag object that you vouch for, or clear a lock or a compromise so that it is decided anew.';
  const examples = [
    'headlock unlock payments-manifests main --sequence 42 --to 9e1c… --reason "History was rewritten to drop a secret"',
    'headlock unlock payments-manifests main --sequence 42 --clear --reason "The server was repaired"',
    'headlock unlock payments-manifests refs/tags/v1.2.3 --sequence 1 --to 7c2e… --reason "Tagged again by release"',
  ];
  return defineOperatorCommand(context.terminal, { name: 'unlock', summary, examples })
    .argument('<repository>', 'repository of the policy')
    .argument('<branch>', 'branch of the policy, or a tag as refs/tags/…')
    .requiredOption('--sequence <n>', 'the sequence that you saw in `headlock status`', parseCount)
    .addOption(
      new Option('--to <object>', 'anchor the branch at this commit, or publish this object as the tag')
        .argParser(parseCommitId)
        .conflicts('clear'),
    )
    .option(
      '--clear',
      'clear the lock or the compromise and keep the trusted revision; a moved tag is no longer published',
    )
    .option('--compromised', 'you saw that what is published rests on a compromised key, and vouch for it or for --to')
    .requiredOption('--reason <text>', 'why, for the audit trail')
    .action(async (repository: string, branch: string, options: UnlockOptions) => {
      await unlock({ repository, branch }, options, context);
      context.finish(0);
    });
}

async function unlock(
  ref: { readonly repository: string; readonly branch: string },
  { data, stack, output, sequence, to, clear, compromised, reason }: UnlockOptions,
  { terminal, settings }: CommandContext,
): Promise<void> {
  const openPorts = (installation: Installation) => ({
    ...installation,
    openSources: createSourceOpener(installation.vault, settings.proxyEnv),
  });
  if (to === undefined && clear === undefined) throw usage('Say --to <commit> or --clear.');
  if (reason.trim() === '') throw usage('Give a --reason: it is kept in the audit trail.');
  const overCompromise = compromised === true;
  const createRequest = ({ operator: actor }: Installation) => ({
    ...{ ref, sequence, overCompromise, to: to ?? null, reason, actor },
    now: new Date(),
  });
  if (tagOfRefName(ref.branch) !== null) {
    const tag = await withInstallation({ data, stack }, (installation) =>
      unlockTag(createRequest(installation), openPorts(installation)),
    );
    if (output === 'json') return terminal.print(JSON.stringify(publishTag(tag), null, 2));
    const now = tag.object === null ? 'is published no more' : `is published at ${tag.object}`;
    return terminal.print(`${sayTagRef(ref)} ${now} (sequence ${tag.sequence}).`);
  }
  const { state, verdict } = await withInstallation({ data, stack }, (installation) =>
    unlockBranch(createRequest(installation), openPorts(installation)),
  );
  const revision = state.trusted?.oid ?? null;
  if (output === 'json')
    terminal.print(JSON.stringify({ ...ref, revision, sequence: state.sequence, verdict }, null, 2));
  else terminal.print(describe(formatBranchRef(ref), { state, verdict }));
}

function describe(name: string, { state, verdict }: UnlockedBranch): string {
  const done =
    verdict === null
      ? `${name} is cleared and holds at ${state.trusted?.oid} (sequence ${state.sequence}).`
      : `${name} is anchored at ${verdict.commit} (sequence ${state.sequence}).`;
  const note =
    verdict?.outcome === 'refused'
      ? `\nOn your word alone: the policy would refuse this commit, it ${verdict.message}`
      : verdict?.outcome === 'verified'
        ? `\nThe commit is ${describeEvidence(verdict)}.`
        : '';
  return `${done}${note}\nThe branch is decided anew. \`headlock status ${state.ref.repository} ${state.ref.branch}\` shows the outcome.`;
}

function describeEvidence(evidence: SignatureEvidence | AcceptedEvidence): string {
  if (evidence.format === 'policy') return `accepted by the policy: ${evidence.justification}`;
  return `signed by ${evidence.signatory}`;
}

function usage(message: string): HeadlockError<'usage'> {
  return new HeadlockError('usage', message, { kind: 'input' });
}
