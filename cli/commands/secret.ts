import { type Command, Option } from 'commander';
import type { SealedSecret, SecretPurpose } from '../../shared/store/secret-store.ts';
import type { CommandContext } from '../command-context.ts';
import { defineCommandGroup, defineOperatorCommand, type OperatorOptions } from '../define-command.ts';
import { dropSecret } from '../operations/drop-secret.ts';
import { storeSecret } from '../operations/store-secret.ts';
import { withInstallation } from '../operations/with-installation.ts';
import { formatTable } from '../output/format-table.ts';
import { readSecretValue } from '../read-secret-value.ts';

interface SetOptions extends OperatorOptions {
  readonly purpose: SecretPurpose;
  readonly add?: true;
}

const PURPOSES: readonly SecretPurpose[] = ['webhook', 'git', 'app', 'status', 'canary'];

export function createSecretCommand(context: CommandContext): Command {
  return defineCommandGroup(context.terminal, 'secret', 'Store, list and drop credentials, sealed by KMS.')
    .addCommand(createSetCommand(context))
    .addCommand(createListCommand(context))
    .addCommand(createDropCommand(context));
}

function createSetCommand({ terminal, finish }: CommandContext): Command {
  const summary = 'Store a credential. Its value is read from standard input and never shown.';
  const examples = [
    'headlock secret set payments-webhook --purpose webhook < secret.txt',
    'headlock secret set payments-token --purpose git --add',
    'headlock secret set acme-key --purpose app < acme.private-key.pem',
  ];
  return defineOperatorCommand(terminal, { name: 'set', summary, examples })
    .argument('<name>', 'the name that a policy gives as `secretRef`')
    .addOption(new Option('--purpose <purpose>', 'what it is for').choices(PURPOSES).makeOptionMandatory())
    .option('--add', 'keep the former value valid too, while the forge is being changed over')
    .action(async (name: string, { data, stack, output, purpose, add }: SetOptions) => {
      const value = await readSecretValue(name, terminal);
      const request = { name, purpose, value, add: add === true, now: new Date() };
      const { former, secret } = await withInstallation({ data, stack }, async (installation) => ({
        former: await installation.secrets.read(name),
        secret: await storeSecret(request, installation),
      }));
      if (output === 'json') terminal.print(JSON.stringify(describeAsJson(secret), null, 2));
      else terminal.print(describeStored(secret, former));
      finish(0);
    });
}

function describeStored({ name, purpose, ciphertexts }: SealedSecret, former: SealedSecret | null): string {
  const more =
    ciphertexts.length > 1
      ? ' The former value stays valid too, until it is set again without --add.'
      : describeRemembered(former, 'the former value');
  return `Stored ${name} (${purpose}).${more}`;
}

/** The webhook function remembers for a minute what signed a delivery (trust rule 5.2: that is a hint, and proves nothing). */
function describeRemembered(former: SealedSecret | null, subject: string): string {
  return former?.purpose === 'webhook' ? ` Where ${subject} was in use, it signs deliveries for a minute more.` : '';
}

function createListCommand({ terminal, finish }: CommandContext): Command {
  const summary = 'List the stored credentials, without their values.';
  return defineOperatorCommand(terminal, { name: 'list', summary, examples: ['headlock secret list'] }).action(
    async ({ data, stack, output }: OperatorOptions) => {
      const secrets = await withInstallation({ data, stack }, (installation) => installation.secrets.list());
      if (output === 'json') terminal.print(JSON.stringify({ secrets: secrets.map(describeAsJson) }, null, 2));
      else if (secrets.length === 0)
        terminal.print('No secret is stored: `headlock secret set NAME --purpose webhook`.');
      else terminal.print(describeSecrets(secrets));
      finish(0);
    },
  );
}

function createDropCommand({ terminal, finish }: CommandContext): Command {
  const summary = 'Delete a stored credential.';
  return defineOperatorCommand(terminal, { name: 'drop', summary, examples: ['headlock secret drop payments-webhook'] })
    .argument('<name>', 'its name')
    .action(async (name: string, { data, stack, output }: OperatorOptions) => {
      const { former, usedBy } = await withInstallation({ data, stack }, async (installation) => ({
        former: await installation.secrets.read(name),
        usedBy: await dropSecret(name, installation),
      }));
      for (const repository of usedBy) terminal.warn(`warning: the policy of ${repository} still names ${name}.`);
      if (output === 'json') terminal.print(JSON.stringify({ name, usedBy }, null, 2));
      else terminal.print(`Dropped ${name}.${describeRemembered(former, 'its value')}`);
      finish(0);
    });
}

function describeSecrets(secrets: readonly SealedSecret[]): string {
  const rows = secrets.map(({ name, purpose, ciphertexts, updated }) => [
    name,
    purpose,
    String(ciphertexts.length),
    updated,
  ]);
  return formatTable([['NAME', 'PURPOSE', 'VALUES', 'UPDATED'], ...rows]);
}

function describeAsJson({ name, purpose, ciphertexts, updated }: SealedSecret): object {
  return { name, purpose, values: ciphertexts.length, updated };
}
