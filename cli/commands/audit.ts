import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { type Command, Option } from 'commander';
import { compileKeyFiles } from '../../shared/signatures/openpgp/compile-certificates.ts';
import { FORGE_KINDS, type ForgeKind } from '../audit/forges.ts';
import type { CommandContext } from '../command-context.ts';
import { type CommonOptions, defineCommand } from '../define-command.ts';
import { auditRepository } from '../operations/audit-repository.ts';
import { chooseForge } from '../operations/choose-forge.ts';
import { resolveCommit } from '../operations/resolve-commit.ts';
import { describeAudit } from '../output/audit/describe-audit.ts';
import { formatProgress } from '../output/progress-bar.ts';
import { parseNames } from '../parse-argument.ts';
import { createCachedCompiler } from '../policy/certificate-cache.ts';

/** Where keys are looked for. */
export interface KeyOptions {
  readonly keys?: readonly string[];
  readonly forgeKeys?: true;
  readonly forgeUrl?: string;
  readonly forge?: ForgeKind;
  readonly user?: readonly string[];
}

interface AuditOptions extends CommonOptions, KeyOptions {
  readonly branch?: string;
  readonly from?: string;
}

/** As many as keep the threads busy. */
const IN_FLIGHT = 64;

const EXAMPLES = [
  'headlock audit . --keys keys/',
  'headlock audit https://github.com/example/manifests.git --forge-keys --output json',
];

export function createAuditCommand(context: CommandContext): Command {
  const summary = 'Tell who signed a repository with what, and what would lock, before switching on.';
  const command = defineCommand(context.terminal, { name: 'audit', summary, examples: EXAMPLES })
    .argument('[location]', 'a path, or an http(s) URL (HEADLOCK_GIT_USERNAME, HEADLOCK_GIT_PASSWORD)', '.')
    .option('--branch <name>', 'which branch (default: the one that HEAD names, main or master)')
    .option('--from <commit>', 'audit what is not behind this commit, and try it as the anchor');
  return addKeyOptions(command).action(async (location: string, options: AuditOptions) => {
    const { terminal, finish } = context;
    const { branch = null } = options;
    const from = options.from === undefined ? null : await resolveCommit(location, options.from, context.settings);
    const { report } = await auditRepository({ ...auditSettings(options, context), location, branch, from });
    terminal.print(options.output === 'json' ? JSON.stringify(report, null, 2) : describeAudit(report, terminal.style));
    finish(0);
  });
}

export function addKeyOptions(command: Command): Command {
  return command
    .option('--keys <path...>', 'files or folders of OpenPGP and SSH keys')
    .option('--forge-keys', "ask the forge for the committers' keys and for its own")
    .option('--forge-url <url>', 'address of the forge (default: that of the repository or its origin)')
    .addOption(new Option('--forge <kind>', 'kind of the forge, where its host does not tell').choices(FORGE_KINDS))
    .option('--user <names>', 'more user names to ask for, with commas between them', parseNames);
}

/** What an audit is asked, besides of which repository. */
export function auditSettings(options: KeyOptions, { terminal, settings }: CommandContext) {
  const { cacheFolder } = settings;
  return {
    keyPaths: options.keys ?? [],
    forge: options.forgeKeys === true ? chooseForge(options) : null,
    users: options.user ?? [],
    compile: cacheFolder === null ? compileKeyFiles : createCachedCompiler(join(cacheFolder, 'headlock', 'keys')),
    settings,
    now: new Date(),
    // On one processor the threads would only wait for each other.
    inFlight: availableParallelism() > 1 ? IN_FLIGHT : 1,
    onProgress: (what: string, done: number, total: number | null) =>
      terminal.progress(formatProgress(what, done, total)),
  };
}
