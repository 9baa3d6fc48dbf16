import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { createPlayground } from '../../infra/local/playground/create-playground.ts';
import { applyPolicyFile } from '../operations/apply-policy-file.ts';
import { createToken } from '../operations/create-token.ts';
import type { Installation } from '../operations/installation.ts';
import type { RunningHeadlock } from '../operations/start-headlock.ts';
import { storeSecret } from '../operations/store-secret.ts';
import { dataOption, quoteForShell } from '../output/quote-for-shell.ts';
import { createSshKey } from './create-ssh-key.ts';
import { createPlaygroundPolicy, PLAYGROUND, readdressPolicy, WEBHOOK_SECRET } from './playground-policy.ts';

export interface PreparedPlayground {
  readonly cloneUrl: string;
  readonly policyFile: string;
  /** What applies the policy file. */
  readonly applyCommand: string;
  /** Of the signatory that the first policy names; an absolute path. */
  readonly privateKeyFile: string;
  /** Made at the first start, and never stored. */
  readonly token: string | null;
}

/** Makes a repository to push to, with a policy, a key, a webhook secret and a token, as far as they are not there yet. */
export async function preparePlayground(
  { instance, installation }: RunningHeadlock,
  searchPath: string,
): Promise<PreparedPlayground> {
  const folder = instance.playgroundFolder;
  const cloneUrl = `${instance.apiUrl}/playground/${PLAYGROUND}.git`;
  const anchor = await createPlayground({ folder, name: PLAYGROUND, searchPath });
  const privateKeyFile = resolve(folder, 'keys', 'id_ed25519');
  await ensureKey(privateKeyFile);

  const policyFile = join(folder, 'headlock.yaml');
  const publicKey = (await readFile(`${privateKeyFile}.pub`, 'utf8')).trim();
  const applyCommand = `npx headlock apply -f ${quoteForShell(policyFile)}${dataOption(dirname(folder))}`;
  if (!existsSync(policyFile)) {
    await writeFile(policyFile, createPlaygroundPolicy({ applyCommand, cloneUrl, anchor, publicKey }));
  }
  await ensureWebhookSecret(installation);
  await ensurePolicy(policyFile, cloneUrl, installation);
  return { cloneUrl, policyFile, applyCommand, privateKeyFile, token: await ensureToken(installation) };
}

async function ensureKey(path: string): Promise<void> {
  if (existsSync(`${path}.pub`)) return;
  const { privateKey, publicKey } = createSshKey('playground');
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  await writeFile(path, privateKey, { mode: 0o600 });
  await writeFile(`${path}.pub`, `${publicKey}\n`);
}

async function ensureWebhookSecret(installation: Installation): Promise<void> {
  if ((await installation.secrets.read(WEBHOOK_SECRET)) !== null) return;
  const value = Buffer.from(randomBytes(32).toString('hex'));
  const secret = { name: WEBHOOK_SECRET, purpose: 'webhook', value, add: false, now: new Date() } as const;
  await storeSecret(secret, installation);
}

/** Applied where it never was, and where the playground has moved to another port; else what its user applied stays. */
async function ensurePolicy(file: string, cloneUrl: string, installation: Installation): Promise<void> {
  const applied = await installation.policies.readPolicy(PLAYGROUND);
  const isNew = (await installation.branches.list(PLAYGROUND)).length === 0;
  const hasMoved = applied !== null && applied.policy.url !== cloneUrl;
  if (!isNew && !hasMoved) return;
  await writeFile(file, readdressPolicy(await readFile(file, 'utf8'), cloneUrl));
  await applyPolicyFile(file, installation, PLAYGROUND);
}

async function ensureToken(installation: Installation): Promise<string | null> {
  const isMade = (await installation.tokens.list()).some(({ name }) => name === PLAYGROUND);
  if (isMade || (await installation.policies.readPolicy(PLAYGROUND)) === null) return null;
  const request = { name: PLAYGROUND, repositories: [PLAYGROUND], days: null, now: new Date() };
  return (await createToken(request, installation)).text;
}
