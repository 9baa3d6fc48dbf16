import type { Command } from 'commander';
import type { AgentToken } from '../../shared/store/token-store.ts';
import type { CommandContext } from '../command-context.ts';
import { defineCommandGroup, defineOperatorCommand, type OperatorOptions } from '../define-command.ts';
import { createToken } from '../operations/create-token.ts';
import { revokeToken } from '../operations/revoke-token.ts';
import { withInstallation } from '../operations/with-installation.ts';
import { formatTable } from '../output/format-table.ts';
import { parseDays, parseNames } from '../parse-argument.ts';

interface CreateOptions extends OperatorOptions {
  readonly name: string;
  readonly repositories: readonly string[];
  readonly expires?: number;
}

/** Digits of a token's hash: enough to tell it from others. */
const HASH_DIGITS = 12;

export function createTokenCommand(context: CommandContext): Command {
  return defineCommandGroup(context.terminal, 'token', "Create, list and revoke agents' tokens.")
    .addCommand(createCreateCommand(context))
    .addCommand(createListCommand(context))
    .addCommand(createRevokeCommand(context));
}

function createCreateCommand({ terminal, finish }: CommandContext): Command {
  const summary = 'Create a token. It is shown once; only its hash is stored.';
  const examples = ['headlock token create --name production --repositories payments-manifests --expires 90d'];
  return defineOperatorCommand(terminal, { name: 'create', summary, examples })
    .requiredOption('--name <name>', 'what to call it')
    .requiredOption('--repositories <names>', 'which repositories it may see, with commas between them', parseNames)
    .option('--expires <time>', 'until when it is valid: 90d, 12w, 1y; for ever where it is not said', parseDays)
    .action(async ({ data, stack, output, name, repositories, expires }: CreateOptions) => {
      await withInstallation({ data, stack }, async (installation) => {
        const request = { name, repositories, days: expires ?? null, now: new Date() };
        const { text, token } = await createToken(request, installation);
        if (output === 'json') terminal.print(JSON.stringify({ token: text, ...token }, null, 2));
        else terminal.print(describeCreated(text, token, installation.apiUrl ?? '<address of the instance>'));
      });
      finish(0);
    });
}

function describeCreated(text: string, { repositories, expires }: AgentToken, apiUrl: string): string {
  const url = `${apiUrl}/v1/repositories/${repositories[0]}/trusted-revision`;
  return `${text}

Keep it now: it is not stored and cannot be shown again. ${expires === null ? 'It does not expire' : `It expires ${expires}`}. Try it:

  curl -i -H 'Authorization: Bearer ${text}' ${url}`;
}

function createListCommand({ terminal, finish }: CommandContext): Command {
  const summary = 'List the tokens that were created, by name and hash.';
  return defineOperatorCommand(terminal, { name: 'list', summary, examples: ['headlock token list'] }).action(
    async ({ data, stack, output }: OperatorOptions) => {
      const tokens = await withInstallation({ data, stack }, (installation) => installation.tokens.list());
      if (output === 'json') terminal.print(JSON.stringify({ tokens }, null, 2));
      else if (tokens.length === 0)
        terminal.print('There is no token: `headlock token create --name N --repositories a,b`.');
      else terminal.print(describeTokens(tokens, new Date()));
      finish(0);
    },
  );
}

function describeTokens(tokens: readonly AgentToken[], now: Date): string {
  const rows = tokens.map((token) => {
    const { name, sha256, repositories, created, expires } = token;
    return [
      name,
      sha256.slice(0, HASH_DIGITS),
      stateOf(token, now),
      repositories.join(','),
      created,
      expires ?? 'never',
    ];
  });
  return formatTable([['NAME', 'HASH', 'STATE', 'REPOSITORIES', 'CREATED', 'EXPIRES'], ...rows]);
}

function stateOf({ revoked, expires }: AgentToken, now: Date): string {
  if (revoked !== null) return 'revoked';
  return expires !== null && now >= new Date(expires) ? 'expired' : 'valid';
}

function createRevokeCommand({ terminal, finish }: CommandContext): Command {
  const summary = 'End a token for good, by its name or the start of its hash.';
  return defineOperatorCommand(terminal, { name: 'revoke', summary, examples: ['headlock token revoke production'] })
    .argument('<token>', 'its name, or the start of its hash')
    .action(async (which: string, { data, stack, output }: OperatorOptions) => {
      const token = await withInstallation({ data, stack }, (installation) =>
        revokeToken(which, new Date(), installation),
      );
      const { name, sha256 } = token;
      if (output === 'json') terminal.print(JSON.stringify({ name, sha256 }, null, 2));
      else
        terminal.print(
          `Revoked ${name} (${sha256.slice(0, HASH_DIGITS)}). Where it was in use, it opens for a minute more.`,
        );
      finish(0);
    });
}
