import { isAbsolute, relative } from 'node:path';
import { type Command, Option } from 'commander';
import { type Mode, PROVIDERS, type Provider } from '../../shared/model/policy.ts';
import type { KeyTime } from '../../shared/model/signatory.ts';
import { describeKey } from '../../shared/signatures/describe-key.ts';
import { type Asker, createAsker } from '../ask.ts';
import { chooseSignatories } from '../audit/choose-signatories.ts';
import type { ProposedSignatory } from '../audit/propose-signatories.ts';
import { KEY_TIMES, MODES } from '../audit/run-trials.ts';
import type { CommandContext } from '../command-context.ts';
import { type CommonOptions, defineCommand } from '../define-command.ts';
import { type Audit, auditRepository } from '../operations/audit-repository.ts';
import { initPolicy, type PolicyAnswers, proposeNames } from '../operations/init-policy.ts';
import { resolveCommit } from '../operations/resolve-commit.ts';
import { assertAbsent } from '../operations/write-new-files.ts';
import { describeChoice, describeInit, listNextSteps, warnOfExpiry } from '../output/describe-init.ts';
import { parseNames } from '../parse-argument.ts';
import { readPolicy } from '../policy/read-policy.ts';
import { addKeyOptions, auditSettings, type KeyOptions } from './audit.ts';

interface InitOptions extends CommonOptions, KeyOptions {
  readonly file: string;
  readonly name?: string;
  readonly url?: string;
  readonly provider?: Provider;
  readonly branch: readonly string[];
  readonly anchor?: string;
  readonly mode: Mode;
  readonly keyTime: KeyTime;
  readonly trust?: readonly string[];
  readonly webhookSecret?: string;
  readonly verifier: string;
  readonly force?: true;
}

const EXAMPLES = [
  'headlock init ../payments --keys keys/',
  'headlock init . --forge-keys --trust all -f ../policy/headlock.yaml',
];
const VERIFIER = 'https://headlock.example.com/production';

export function createInitCommand(context: CommandContext): Command {
  const summary = 'Write a first headlock.yaml from a repository.';
  const command = defineCommand(context.terminal, { name: 'init', summary, examples: EXAMPLES })
    .argument('[location]', 'a path, or an http(s) URL', '.')
    .option('-f, --file <policy>', 'the file to write, with key files beside it', 'headlock.yaml')
    .option('--name <name>', 'what Headlock calls the repository')
    .option('--url <url>', 'where Headlock fetches it (default: that of origin)')
    .addOption(new Option('--provider <provider>', 'whose webhooks it sends').choices([...PROVIDERS]))
    .option('--branch <name>', 'a branch to guard; give it again for more', (name, all: string[]) => [...all, name], [])
    .option('--anchor <commit>', 'where trust starts (default: the oldest commit from which all verifies)')
    .addOption(new Option('--mode <mode>', 'which commits are judged').choices(MODES).default('all'))
    .addOption(new Option('--key-time <times>', 'when keys must be valid').choices(KEY_TIMES).default('first-seen'))
    .option('--trust <keys>', 'whose keys to list: `all`, or fingerprints (default: those of --keys)', parseNames)
    .option('--webhook-secret <name>', "name of the webhook's secret")
    .option('--verifier <url>', "this installation's name in statements", VERIFIER)
    .option('--force', 'overwrite files that are there');
  return addKeyOptions(command).action(async (location: string, options: InitOptions) => {
    const asker = createAsker(context.terminal);
    try {
      await init(location, options, asker, context);
    } finally {
      asker.close();
    }
  });
}

async function init(location: string, options: InitOptions, asker: Asker, context: CommandContext): Promise<void> {
  const { terminal, finish } = context;
  // Before anybody is asked anything.
  await assertAbsent([options.file], { force: options.force === true });
  const settings = auditSettings(options, context);
  const [branch = null, ...otherBranches] = options.branch;
  const audit = await auditRepository({ ...settings, location, branch, from: null });
  const answers = await askFor(audit, options, otherBranches, asker, context);
  const written = await initPolicy(audit, answers, settings.now);
  const expiry = options.keyTime === 'ignore' ? null : warnOfExpiry(answers.chosen, settings.now);
  if (expiry !== null) terminal.warn(expiry);
  if (isBelow(answers.file, audit.history.path)) terminal.warn(`warning: ${answers.file} ${IN_REPOSITORY}`);
  // What was written is read as `verify` and `apply` will.
  for (const { warnings } of await readPolicy(answers.file))
    for (const warning of warnings) terminal.warn(`warning: ${warning}`);
  const steps = listNextSteps(location, audit, answers);
  if (options.output === 'json')
    terminal.print(JSON.stringify({ ...written, signatories: answers.chosen.map(summarize), next: steps }, null, 2));
  else terminal.print(describeInit(written, answers, steps, terminal.style));
  finish(0);
}

/** Trust rule 3.4. */
const IN_REPOSITORY =
  'stands in the repository that it guards, where whoever pushes can change it. Move it elsewhere, with its keys.';

function isBelow(file: string, folder: string | null): boolean {
  return folder !== null && !relative(folder, file).startsWith('..') && !isAbsolute(relative(folder, file));
}

async function askFor(
  audit: Audit,
  options: InitOptions,
  otherBranches: readonly string[],
  asker: Asker,
  { terminal, settings }: CommandContext,
): Promise<PolicyAnswers> {
  const proposed = proposeNames(audit);
  const ask = (given: string | undefined, question: string, proposal: string) => given ?? asker.ask(question, proposal);
  const name = await ask(options.name, 'Name of the repository', proposed.name);
  const url = await ask(options.url, 'Where Headlock fetches it', proposed.url);
  const provider = parseProvider(
    await ask(options.provider, `Whose webhooks it sends: ${PROVIDERS.join(', ')}`, proposed.provider),
  );
  const people = audit.signatories.filter(({ forge }) => forge === null);
  const isAsked = options.trust === undefined && people.length > 0 && terminal.stdin.isTTY === true;
  if (isAsked) terminal.prompt(`${describeChoice(people, audit.report.branch)}\n`);
  const trust = isAsked ? splitWords(await asker.ask(WHOSE, proposeChoice(people))) : (options.trust ?? []);
  const chosen = chooseSignatories(people, trust);
  const rules = { mode: options.mode, keyTime: options.keyTime };
  const anchor = await ask(options.anchor, 'Commit at which trust starts', audit.anchorFor(chosen, rules).anchor);
  return {
    ...{ name, url, provider, chosen, otherBranches, rules, file: options.file, verifier: options.verifier },
    anchor: await resolveCommit(audit.history.location, anchor, settings),
    webhookSecret: await ask(options.webhookSecret, "Name of the webhook's secret", `${name}-webhook`),
    force: options.force === true,
  };
}

const WHOSE = 'Whose keys do you list, once you checked them with their owners? Numbers, or all';

function splitWords(answer: string): readonly string[] {
  return answer.split(',').flatMap((word) => word.trim() || []);
}

function parseProvider(text: string): Provider {
  return PROVIDERS.find((provider) => provider === text) ?? 'generic';
}

/** The numbers of those whose keys the user handed over. */
function proposeChoice(people: readonly ProposedSignatory[]): string {
  return people.flatMap(({ source }, index) => (source === 'file' ? [index + 1] : [])).join(',');
}

function summarize({ name, compiled }: ProposedSignatory): object {
  return { name, keys: [...new Set(compiled.keys.map(describeKey))] };
}
