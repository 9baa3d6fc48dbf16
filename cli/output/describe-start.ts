import { PLAYGROUND } from '../playground/playground-policy.ts';
import type { PreparedPlayground } from '../playground/prepare-playground.ts';
import { formatTable } from './format-table.ts';
import { dataOption, quoteForShell } from './quote-for-shell.ts';
import type { Style } from './style.ts';

export interface StartedHeadlock {
  readonly apiUrl: string;
  readonly dataFolder: string;
  /** The policy file that is in force. */
  readonly policyFile: string;
  readonly playground: PreparedPlayground | null;
  /** Whether ssh-keygen is there to sign with the playground's key. */
  readonly canSignWithSsh: boolean;
  /** Whether git knows whose commits it makes. */
  readonly hasIdentity: boolean;
  readonly warnings: readonly string[];
}

/** Says where everything is, and at the first start of a playground what to do with it. */
export function describeStart(started: StartedHeadlock, style: Style): string {
  const { apiUrl, dataFolder, policyFile, playground } = started;
  const places = [
    ['Status page', `${apiUrl}/`],
    ['API', `${apiUrl}/v1/repositories`],
    ...(playground === null ? [] : [['Playground', playground.cloneUrl]]),
    ['Policy', policyFile],
  ].map(([name = '', place = '']) => [{ text: `  ${name}`, paint: style.dim }, place]);
  return [
    style.bold(`Headlock is running, with its data in ${dataFolder}. Ctrl-C stops it.`),
    '',
    formatTable(places),
    '',
    ...(playground?.token == null ? [] : describeFirstSteps(started, playground, playground.token, style)),
  ].join('\n');
}

function describeFirstSteps(
  { apiUrl, dataFolder, canSignWithSsh, hasIdentity }: StartedHeadlock,
  { cloneUrl, applyCommand, privateKeyFile }: PreparedPlayground,
  token: string,
  { bold, dim }: Style,
): readonly string[] {
  const sign = [
    `git config gpg.format ssh && git config user.signingkey ${quoteForShell(privateKeyFile)}`,
    'echo Signed >> README.md && git commit -a -S -m "Signed" && git push',
  ];
  const commands = [
    `git clone ${cloneUrl} && cd ${PLAYGROUND}`,
    ...(hasIdentity ? [] : ['git config user.name You && git config user.email you@example.com']),
    ...(canSignWithSsh ? sign : []),
    `curl -i -H 'Authorization: Bearer ${token}' '${apiUrl}/v1/repositories/${PLAYGROUND}/trusted-revision?branch=main'`,
    'echo Unsigned >> README.md && git commit -a --no-gpg-sign -m "Unsigned" && git push',
  ];
  const lacking = "ssh-keygen is not installed, so the playground's key cannot sign: add your gpg key.";
  return [
    bold('In another terminal:'),
    ...commands.map((command) => `  ${command}`),
    '',
    ...(canSignWithSsh ? [] : [lacking]),
    `In this folder, \`npx headlock status${dataOption(dataFolder)}\` says what is trusted, and why not.`,
    `Your own gpg or SSH key: add it to the policy, then \`${applyCommand}\`.`,
    dim(`The token is called ${PLAYGROUND}, is shown this once, and cannot be read again.`),
    '',
  ];
}
